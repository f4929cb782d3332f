/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs a fuzz target without libFuzzer, as a regression test: each file of the directories given,
 * then a fixed sequence of random inputs.
 */
#include <dirent.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_BYTES   (1u << 20)
#define RANDOM_INPUTS 2000

static uint8_t input[INPUT_BYTES];

static unsigned run_directory(const char *path)
{
    DIR *directory = opendir(path);
    unsigned count = 0;

    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        char name[PATH_MAX];
        if (snprintf(name, sizeof(name), "%s/%s", path, entry->d_name) >= (int)sizeof(name)) {
            continue;
        }
        FILE *file = entry->d_name[0] == '.' ? NULL : fopen(name, "rb");
        if (!file) {
            continue;
        }
        size_t size = fread(input, 1, sizeof(input), file);
        fclose(file);
        LLVMFuzzerTestOneInput(input, size);
        count++;
    }
    if (directory) {
        closedir(directory);
    }
    return count;
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

int main(int argc, char **argv)
{
    uint64_t state = UINT64_C(0x9e3779b97f4a7c15);
    unsigned seeds = 0;

    for (int i = 1; i < argc; i++) {
        seeds += run_directory(argv[i]);
    }
    printf("ok %u seeds\n", seeds);
    for (unsigned i = 0; i < RANDOM_INPUTS; i++) {
        size_t size = next_random(&state) % (1u << (i % 12 + 1));
        for (size_t j = 0; j < size; j++) {
            input[j] = (uint8_t)(next_random(&state) >> 24);
        }
        LLVMFuzzerTestOneInput(input, size);
    }
    printf("ok %u random inputs\n", RANDOM_INPUTS);
    return 0;
}
