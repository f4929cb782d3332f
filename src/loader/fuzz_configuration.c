/* SPDX-License-Identifier: BSD-2-Clause */
/* Any text as a configuration file, and each line of it as a setting. */
#include <loader/configuration.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct configuration configuration;
    struct loader_error error;
    char *text = malloc(size + 1);

    if (text == NULL) {
        return 0;
    }
    if (size != 0) {
        memcpy(text, data, size);
    }
    text[size] = '\0';
    configuration_init(&configuration);
    configuration_from_text(&configuration, "fuzz", text, SETTING_FILE, &error);
    configuration_set(&configuration, text, &error);
    configuration_check(&configuration, &error);
    for (size_t i = 0; i < configuration_setting_count; i++) {
        char value[CONFIGURATION_VALUE_BYTES];

        configuration_value(&configuration.kernel, i, value);
    }
    free(text);
    return 0;
}
