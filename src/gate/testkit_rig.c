/* SPDX-License-Identifier: BSD-2-Clause */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <test.h>
#include <unistd.h>

#include <gate/testkit_rig.h>

bool rig_open(struct rig *guest)
{
    const struct gate_ops *ops = &monitor_gate_ops;

    memset(guest, 0, sizeof(*guest));
    if (!CHECK_EQ(host_memory_create(RIG_MEMORY_BYTES, &guest->memory), 0))
        return false;
    return CHECK_EQ(ops->open(guest->memory.fd, RIG_HOLE, false, &guest->gate), 0) &&
           CHECK_EQ(ops->vspace_create(guest->gate, &guest->vspace), 0) &&
           CHECK_EQ(ops->carrier_create(guest->vspace, "guest", &guest->carrier), 0) &&
           CHECK_EQ(ops->map(guest->vspace, RIG_CODE, PAGE_BYTES, RIG_CODE_PADDR, false), 0) &&
           CHECK_EQ(ops->map(guest->vspace, RIG_DATA, 4 * PAGE_BYTES, RIG_DATA_PADDR, true), 0);
}

void rig_close(struct rig *guest)
{
    monitor_gate_ops.close(guest->gate);
    host_memory_destroy(&guest->memory);
    CHECK_EQ(rig_children(), 0);
}

void *rig_memory(struct rig *guest, paddr_t paddr)
{
    return (char *)guest->memory.base + paddr;
}

void rig_load(struct rig *guest, const struct rig_code *code)
{
    memset(rig_memory(guest, RIG_CODE_PADDR), 0xf4, PAGE_BYTES); /* hlt */
    memcpy(rig_memory(guest, RIG_CODE_PADDR), code->start, (size_t)(code->end - code->start));
    memset(guest->reg, 0, sizeof(guest->reg));
    guest->reg[UREG_RIP] = RIG_CODE;
    guest->reg[UREG_RFLAGS] = 0x202;
}

enum trap_kind rig_run(struct rig *guest)
{
    guest->trap = (struct trap){.kind = TRAP_GONE};
    CHECK_EQ(monitor_gate_ops.run(guest->carrier, guest->reg, &guest->trap), 0);
    return guest->trap.kind;
}

enum trap_kind rig_execute(struct rig *guest, const struct rig_code *code)
{
    rig_load(guest, code);
    return rig_run(guest);
}

static int parent_of(const char *pid)
{
    char path[64], line[512] = "";
    int parent = -1;

    snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
    FILE *file = fopen(path, "r");
    if (!file)
        return -1;
    if (fgets(line, sizeof(line), file)) {
        const char *after = strrchr(line, ')'); /* names may hold anything */
        if (after)
            sscanf(after, ") %*c %d", &parent);
    }
    fclose(file);
    return parent;
}

static unsigned for_each_child(void (*act)(int pid))
{
    DIR *directory = opendir("/proc");
    unsigned count = 0;

    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        if (entry->d_name[0] < '0' || entry->d_name[0] > '9' ||
            parent_of(entry->d_name) != getpid())
            continue;
        count++;
        if (act)
            act(atoi(entry->d_name));
    }
    if (directory)
        closedir(directory);
    return count;
}

unsigned rig_children(void)
{
    return for_each_child(NULL);
}

static void kill_child(int pid)
{
    kill(pid, SIGKILL);
}

void rig_kill_children(void)
{
    for_each_child(kill_child);
    while (waitpid(-1, NULL, __WALL) > 0)
        ;
}
