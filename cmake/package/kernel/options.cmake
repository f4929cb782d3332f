# SPDX-License-Identifier: BSD-2-Clause
#
# The kernel's options for x86_64, under the names and with the defaults of the kernel's own build:
# variable, CONFIG_ name, default, conditions. What only other processors have is left out.

# The release whose interface libsel4 has and the emulator shows.
set(SEL4EMU_RELEASE 16.0 CACHE STRING "seL4 release: 13.0, 14.0, 15.0 or 16.0")
set_property(CACHE SEL4EMU_RELEASE PROPERTY STRINGS 13.0 14.0 15.0 16.0)
config_string(SEL4EMU_RELEASE RELEASE "seL4 release" DEFAULT 16.0 UNQUOTE)

config_string(KernelPC99TSCFrequency PC99_TSC_FREQUENCY "Frequency of the TSC in Hz; 0: measured"
              DEFAULT 0 UNQUOTE)
config_option(KernelIsMCS KERNEL_MCS "Mixed criticality: scheduling contexts and budgets"
              DEFAULT OFF)

# --- x86 ---------------------------------------------------------------------------------------

config_choice(KernelX86MicroArch KERNEL_X86_MICRO_ARCH "Processor that code is made for"
              "nehalem;KernelX86MicroArchNehalem;ARCH_X86_NEHALEM"
              "generic;KernelX86MicroArchGeneric;ARCH_X86_GENERIC"
              "westmere;KernelX86MicroArchWestmere;ARCH_X86_WESTMERE"
              "sandy;KernelX86MicroArchSandy;ARCH_X86_SANDY"
              "ivy;KernelX86MicroArchIvy;ARCH_X86_IVY"
              "haswell;KernelX86MicroArchHaswell;ARCH_X86_HASWELL"
              "broadwell;KernelX86MicroArchBroadwell;ARCH_X86_BROADWELL"
              "skylake;KernelX86MicroArchSkylake;ARCH_X86_SKYLAKE")
config_choice(KernelIRQController KERNEL_IRQ_CONTROLLER "Interrupt controller"
              "IOAPIC;KernelIRQControllerIOAPIC;IRQ_IOAPIC"
              "PIC;KernelIRQControllerPIC;IRQ_PIC")
config_string(KernelMaxNumIOAPIC MAX_NUM_IOAPIC "I/O APICs at most" DEFAULT 1
              DEPENDS "KernelIRQControllerIOAPIC" DEFAULT_DISABLED 0 UNQUOTE)
config_choice(KernelLAPICMode KERNEL_LAPIC_MODE "Mode of the local APIC"
              "XAPIC;KernelLAPICModeXPAIC;XAPIC"
              "X2APIC;KernelLAPICModeX2APIC;X2APIC")
config_option(KernelUseLogicalIDs USE_LOGICAL_IDS "Interrupts between cores by logical IDs"
              DEFAULT OFF DEPENDS "KernelMaxNumNodes GREATER 1")
config_string(KernelCacheLnSz CACHE_LN_SZ "Bytes in a line of the cache" DEFAULT 64 UNQUOTE)
config_option(KernelVTX VTX "Virtual machines" DEFAULT OFF DEPENDS "NOT KernelVerificationBuild")
config_option(KernelX86_64VTX64BitGuests X86_64_VTX_64BIT_GUESTS "64-bit virtual machines"
              DEFAULT OFF DEPENDS "KernelVTX;NOT KernelVerificationBuild")
config_option(KernelIOMMU IOMMU "Page tables of devices (VT-d)" DEFAULT ON
              DEPENDS "NOT KernelVerificationBuild" DEFAULT_DISABLED OFF)
config_string(KernelMaxRMRREntries MAX_RMRR_ENTRIES "Memory regions reserved for devices" DEFAULT 32
              DEPENDS "KernelIOMMU" DEFAULT_DISABLED 1 UNQUOTE)
config_string(KernelMaxVPIDs MAX_VPIDS "Virtual CPUs with a tag of their own" DEFAULT 1024
              DEPENDS "KernelVTX" DEFAULT_DISABLED 0 UNQUOTE)
config_option(KernelHugePage HUGE_PAGE "Pages of 1 GiB" DEFAULT ON)
config_option(KernelSupportPCID SUPPORT_PCID "Address spaces with a tag of their own" DEFAULT ON)
config_choice(KernelSyscall KERNEL_X86_SYSCALL "Instruction of system calls"
              "syscall;KernelX86SyscallSyscall;SYSCALL"
              "sysenter;KernelX86SyscallSysenter;SYSENTER")
config_choice(KernelFPU KERNEL_X86_FPU "How floating-point state is kept"
              "XSAVE;KernelFPUXSave;XSAVE"
              "FXSAVE;KernelFPUFXSave;FXSAVE")
config_choice(KernelXSave KERNEL_XSAVE "Instruction for it"
              "XSAVE;KernelXSaveXSave;XSAVE_XSAVE;KernelFPUXSave"
              "XSAVES;KernelXSaveXSaveS;XSAVE_XSAVES;KernelFPUXSave"
              "XSAVEOPT;KernelXSaveXSaveOpt;XSAVE_XSAVEOPT;KernelFPUXSave"
              "XSAVEC;KernelXSaveXSaveC;XSAVE_XSAVEC;KernelFPUXSave")
config_string(KernelXSaveFeatureSet XSAVE_FEATURE_SET "XCR0: 1 x87, 2 SSE, 4 AVX" DEFAULT 3
              DEPENDS "KernelFPUXSave" DEFAULT_DISABLED 0 UNQUOTE)
if(NOT KernelFPUXSave)
    set(xsave_size 512)
elseif(KernelXSaveFeatureSet EQUAL 7)
    set(xsave_size 832)
else()
    set(xsave_size 576)
endif()
config_string(KernelXSaveSize XSAVE_SIZE "Bytes of that state" DEFAULT ${xsave_size} UNQUOTE)
config_choice(KernelFSGSBase KERNEL_FSGS_BASE "How FS and GS bases are set"
              "inst;KernelFSGSBaseInst;FSGSBASE_INST"
              "msr;KernelFSGSBaseMSR;FSGSBASE_MSR")
config_choice(KernelMultibootGFXMode KERNEL_MUTLTIBOOT_GFX_MODE "Graphics asked of the boot loader"
              "none;KernelMultibootGFXModeNone;MULTIBOOT_GRAPHICS_MODE_NONE"
              "text;KernelMultibootGFXModeText;MULTIBOOT_GRAPHICS_MODE_TEXT"
              "linear;KernelMultibootGFXModeLinear;MULTIBOOT_GRAPHICS_MODE_LINEAR")
config_string(KernelMultibootGFXDepth MULTIBOOT_GRAPHICS_MODE_DEPTH "Bits per pixel; 0: any"
              DEFAULT 32 DEPENDS "KernelMultibootGFXModeLinear" UNDEF_DISABLED UNQUOTE)
foreach(dimension Width Height)
    string(TOUPPER ${dimension} name)
    config_string(KernelMultibootGFX${dimension} MULTIBOOT_GRAPHICS_MODE_${name}
                  "Pixels, or characters; 0: any" DEFAULT 0
                  DEPENDS "KernelMultibootGFXModeText OR KernelMultibootGFXModeLinear"
                  UNDEF_DISABLED UNQUOTE)
endforeach()
config_option(KernelMultiboot1Header MULTIBOOT1_HEADER "The kernel's file has one" DEFAULT ON)
config_option(KernelMultiboot2Header MULTIBOOT2_HEADER "The kernel's file has one" DEFAULT ON)
config_option(KernelSkimWindow KERNEL_SKIM_WINDOW "Little of the kernel is mapped in user mode"
              DEFAULT ON)
config_option(KernelExportPMCUser EXPORT_PMC_USER "Programs read performance counters" DEFAULT OFF
              DEPENDS "NOT KernelVerificationBuild")
config_option(KernelX86DangerousMSR KERNEL_X86_DANGEROUS_MSR "System calls rdmsr and wrmsr"
              DEFAULT OFF DEPENDS "NOT KernelVerificationBuild")
config_choice(KernelX86IBRSMode KERNEL_X86_IBRS "Restricted speculation"
              "ibrs_none;KernelX86IBRSnone;KERNEL_X86_IBRS_NONE"
              "ibrs_stibp;KernelX86IBRSSTIBP;KERNEL_X86_IBRS_STIBP;KernelMaxNumNodes GREATER 1"
              "ibrs_basic;KernelX86IBRSBasic;KERNEL_X86_IBRS_BASIC"
              "ibrs_all;KernelX86IBRSAll;KERNEL_X86_IBRS_ALL")
config_option(KernelX86IBPBOnContextSwitch KERNEL_X86_IBPB_ON_CONTEXT_SWITCH
              "Forget predicted branches at each switch" DEFAULT OFF)
config_option(KernelX86RSBOnContextSwitch KERNEL_X86_RSB_ON_CONTEXT_SWITCH
              "Forget predicted returns at each switch" DEFAULT OFF)
config_set(KernelHaveFPU HAVE_FPU ON)
math(EXPR user_top "1 << 47")
config_set(KernelPaddrUserTop PADDR_USER_DEVICE_TOP "${user_top}")

# --- all processors ------------------------------------------------------------------------------

config_string(KernelRootCNodeSizeBits ROOT_CNODE_SIZE_BITS "log2 of the root CNode's slots"
              DEFAULT 12 UNQUOTE)
config_string(KernelTimerTickMS TIMER_TICK_MS "Milliseconds from tick to tick" DEFAULT 2 UNQUOTE
              DEPENDS "NOT KernelIsMCS" UNDEF_DISABLED)
config_string(KernelTimeSlice TIME_SLICE "Ticks until another thread's turn" DEFAULT 5 UNQUOTE
              DEPENDS "NOT KernelIsMCS" UNDEF_DISABLED)
config_string(KernelBootThreadTimeSlice BOOT_THREAD_TIME_SLICE
              "Milliseconds until another thread's turn, for the first thread" DEFAULT 5 UNQUOTE
              DEPENDS "KernelIsMCS" UNDEF_DISABLED)
config_string(KernelRetypeFanOutLimit RETYPE_FAN_OUT_LIMIT "Objects of one Retype at most"
              DEFAULT 256 UNQUOTE)
config_string(KernelMaxNumWorkUnitsPerPreemption MAX_NUM_WORK_UNITS_PER_PREEMPTION
              "Capabilities deleted before interrupts are looked for" DEFAULT 100 UNQUOTE)
config_string(KernelResetChunkBits RESET_CHUNK_BITS
              "log2 of the bytes cleared before interrupts are looked for" DEFAULT 8 UNQUOTE)
config_string(KernelMaxNumBootinfoUntypedCaps MAX_NUM_BOOTINFO_UNTYPED_CAPS
              "Untyped capabilities in BootInfo at most" DEFAULT 230 UNQUOTE)
config_option(KernelFastpath FASTPATH "A short way for IPC" DEFAULT ON)
config_string(KernelNumDomains NUM_DOMAINS "Scheduling domains" DEFAULT 1 UNQUOTE)
config_string(KernelNumDomainSchedules NUM_DOMAIN_SCHEDULES "Entries of the domain schedule"
              DEFAULT 100 DEPENDS "KernelNumDomains GREATER 1" DEFAULT_DISABLED 2 UNQUOTE)
config_string(KernelNumPriorities NUM_PRIORITIES "Priorities, 1 to 256" DEFAULT 256 UNQUOTE)
config_string(KernelMaxNumNodes MAX_NUM_NODES "Cores at most" DEFAULT 1
              DEPENDS "KernelNumDomains EQUAL 1" UNQUOTE)
if(KernelMaxNumNodes GREATER 1)
    config_set(KernelEnableSMPSupport ENABLE_SMP_SUPPORT ON)
else()
    config_set(KernelEnableSMPSupport ENABLE_SMP_SUPPORT OFF)
endif()
config_string(KernelStackBits KERNEL_STACK_BITS "log2 of the bytes of the kernel's stack" DEFAULT 12
              UNQUOTE)
config_option(KernelVerificationBuild VERIFICATION_BUILD "Only what the verified kernel has"
              DEFAULT ON)
config_option(KernelBinaryVerificationBuild BINARY_VERIFICATION_BUILD
              "Only what verification of the binary can follow" DEFAULT OFF
              DEPENDS "KernelVerificationBuild")
config_option(KernelDebugBuild DEBUG_BUILD "Debug system calls" DEFAULT ON
              DEPENDS "NOT KernelVerificationBuild" DEFAULT_DISABLED OFF)
config_option(HardwareDebugAPI HARDWARE_DEBUG_API "Breakpoints for programs" DEFAULT OFF
              DEPENDS "NOT KernelVerificationBuild")
config_option(KernelPrinting PRINTING "The kernel prints on the serial line"
              DEFAULT "${KernelDebugBuild}" DEPENDS "NOT KernelVerificationBuild"
              DEFAULT_DISABLED OFF)
config_option(KernelInvocationReportErrorIPC KERNEL_INVOCATION_REPORT_ERROR_IPC
              "What an error is goes into the IPC buffer" DEFAULT OFF DEPENDS "KernelPrinting"
              DEFAULT_DISABLED OFF)
config_choice(KernelBenchmarks KERNEL_BENCHMARK "What the kernel measures"
    "none;KernelBenchmarksNone;NO_BENCHMARKS"
    "generic;KernelBenchmarksGeneric;BENCHMARK_GENERIC;NOT KernelVerificationBuild"
    "track_kernel_entries;KernelBenchmarksTrackKernelEntries;BENCHMARK_TRACK_KERNEL_ENTRIES;\
NOT KernelVerificationBuild"
    "tracepoints;KernelBenchmarksTracepoints;BENCHMARK_TRACEPOINTS;NOT KernelVerificationBuild"
    "track_utilisation;KernelBenchmarksTrackUtilisation;BENCHMARK_TRACK_UTILISATION;\
NOT KernelVerificationBuild")
if(KernelBenchmarksNone)
    config_set(KernelEnableBenchmarks ENABLE_BENCHMARKS OFF)
else()
    config_set(KernelEnableBenchmarks ENABLE_BENCHMARKS ON)
endif()
if(KernelBenchmarksTrackKernelEntries OR KernelBenchmarksTracepoints)
    config_set(KernelLogBuffer KERNEL_LOG_BUFFER ON)
else()
    config_set(KernelLogBuffer KERNEL_LOG_BUFFER OFF)
endif()
config_string(KernelMaxNumTracePoints MAX_NUM_TRACE_POINTS "Trace points at most" DEFAULT 1
              DEPENDS "KernelBenchmarksTracepoints" DEFAULT_DISABLED 0 UNQUOTE)
config_option(KernelIRQReporting IRQ_REPORTING "Interrupts nobody wants are printed" DEFAULT ON
              DEPENDS "KernelPrinting" DEFAULT_DISABLED OFF)
config_option(KernelColourPrinting COLOUR_PRINTING "In colour" DEFAULT ON
              DEPENDS "KernelPrinting" DEFAULT_DISABLED OFF)
config_string(KernelUserStackTraceLength USER_STACK_TRACE_LENGTH
              "Words of the stack that are printed of a thread without a handler" DEFAULT 16
              DEPENDS "KernelPrinting" DEFAULT_DISABLED 0 UNQUOTE)
config_option(KernelDangerousCodeInjection DANGEROUS_CODE_INJECTION
              "A system call that runs the program's code in the kernel" DEFAULT OFF
              DEPENDS "NOT KernelVerificationBuild;NOT KernelSkimWindow")
config_option(KernelDebugDisablePrefetchers DEBUG_DISABLE_PREFETCHERS "No prefetching" DEFAULT OFF)
if(KernelFSGSBaseInst)
    config_set(KernelSetTLSBaseSelf SET_TLS_BASE_SELF OFF)
else()
    config_set(KernelSetTLSBaseSelf SET_TLS_BASE_SELF ON)
endif()
config_string(KernelWcetScale KERNEL_WCET_SCALE "The kernel's worst time, times this" DEFAULT 1
              UNQUOTE DEPENDS "KernelIsMCS" UNDEF_DISABLED)
config_string(KernelStaticMaxPeriodUs KERNEL_STATIC_MAX_PERIOD_US
              "Longest period in microseconds; 0: what the clock allows" DEFAULT 0 UNQUOTE
              DEPENDS "KernelIsMCS" UNDEF_DISABLED)
