/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The few kernel types that the programs need, instead of a vmlinux.h of some one kernel: fields
 * are found by name in the running kernel's BTF (CO-RE). */
#ifndef MUTEPROOF_KERNEL_H
#define MUTEPROOF_KERNEL_H

/* bpf_tracing.h then takes the kernel's names for registers. */
#define __VMLINUX_H__

#include <linux/types.h>
#include <linux/bpf.h>
#include <stdbool.h>

#define CORE __attribute__((preserve_access_index))

struct ns_common {
	unsigned int inum;
} CORE;

struct net {
	struct ns_common ns;
} CORE;

struct nsproxy {
	struct net *net_ns;
} CORE;

struct task_struct {
	struct nsproxy *nsproxy;
	struct task_struct *group_leader;
	char comm[16];
} CORE;

struct in6_addr {
	__u8 bytes[16];
};

struct possible_net {
	struct net *net;
} CORE;

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	struct possible_net skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
} CORE;

struct sock {
	struct sock_common __sk_common;
	__u16 sk_protocol;
} CORE;

struct tcp_sock {
	__u32 write_seq;
} CORE;

/* Registers are laid out by the processor's calling convention: no CO-RE needed. */
#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip,
		cs, flags, sp, ss;
};
#elif defined(__TARGET_ARCH_arm64)
struct user_pt_regs {
	__u64 regs[31], sp, pc, pstate;
};
struct pt_regs {
	struct user_pt_regs user_regs;
};
#else
#error "registers of this processor are not described yet"
#endif

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#endif
