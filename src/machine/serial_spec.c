/* SPDX-License-Identifier: BSD-2-Clause */
#include <machine/serial_spec.h>

#include <base/bits.h>
#include <string.h>
#include <sys/un.h>

static const uint8_t loopback[4] = {127, 0, 0, 1};

static const char *parse_nothing(const char *value, struct serial_spec *spec)
{
    (void)value;
    (void)spec;
    return NULL;
}

static const char *parse_file(const char *value, struct serial_spec *spec)
{
    spec->path = value;
    return *value == '\0' ? "wants a path: file:PATH" : NULL;
}

static const char *parse_unix(const char *value, struct serial_spec *spec)
{
    spec->path = value;
    if (*value == '\0')
        return "wants a path: unix:PATH";
    if (strlen(value) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
        return "the path is too long: Linux takes 107 bytes for a socket; name a shorter one";
    return NULL;
}

/* Digits up to `end`, at most `max`. */
static bool parse_number(const char **text, char end, unsigned max, unsigned *ret_number)
{
    unsigned number = 0;
    const char *at = *text;

    for (; *at >= '0' && *at <= '9' && number <= max; at++)
        number = 10 * number + (unsigned)(*at - '0');
    if (at == *text || *at != end || number > max)
        return false;
    *text = *at == '\0' ? at : at + 1;
    *ret_number = number;
    return true;
}

static bool parse_address(const char *text, uint8_t ret_address[4])
{
    for (unsigned i = 0; i < 4; i++) {
        unsigned byte;
        if (!parse_number(&text, i == 3 ? ':' : '.', UINT8_MAX, &byte))
            return false;
        ret_address[i] = (uint8_t)byte;
    }
    return true;
}

static const char *parse_tcp(const char *value, struct serial_spec *spec)
{
    static const char name[] = "localhost:";
    const char *colon = strrchr(value, ':');
    const char *number = colon ? colon + 1 : value;
    unsigned port;

    memcpy(spec->address, loopback, sizeof(spec->address));
    if (colon && colon != value && strncmp(value, name, sizeof(name) - 1) != 0 &&
        !parse_address(value, spec->address))
        return "the address must be a number, as in tcp:127.0.0.1:4000";
    if (!parse_number(&number, '\0', UINT16_MAX, &port))
        return "the port must be a number from 0 to 65535, as in tcp:4000";
    spec->port = (uint16_t)port;
    return NULL;
}

static const struct {
    const char *word;
    enum serial_kind kind;
    const char *(*parse)(const char *value, struct serial_spec *spec);
} kinds[] = {
    {"stdio", SERIAL_STDIO, parse_nothing}, {"null", SERIAL_NULL, parse_nothing},
    {"pty", SERIAL_PTY, parse_nothing},     {"file:", SERIAL_FILE, parse_file},
    {"unix:", SERIAL_UNIX, parse_unix},     {"tcp:", SERIAL_TCP, parse_tcp},
};

const char *serial_spec_parse(const char *text, struct serial_spec *ret_spec)
{
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
        size_t length = strlen(kinds[i].word);
        bool takes_value = kinds[i].word[length - 1] == ':';

        if (strncmp(text, kinds[i].word, length) != 0 || (!takes_value && text[length] != '\0'))
            continue;
        *ret_spec = (struct serial_spec){.kind = kinds[i].kind, .text = text};
        return kinds[i].parse(text + length, ret_spec);
    }
    return "must be stdio, null, pty, file:PATH, unix:PATH or tcp:[ADDRESS:]PORT";
}
