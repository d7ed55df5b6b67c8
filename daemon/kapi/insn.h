/* SPDX-License-Identifier: MIT */
/*
 * The instruction a signal broke in on, as much of it as says where in memory its
 * operand is: an address which is not canonical x86-64 does not tell. From
 * signal handlers.
 */
#pragma once

#define INSN_MAX_OPERANDS 2

/*
 * Where the operands of @uc's instruction are which general registers point to,
 * as those are. Returns how many: none if it takes no such operand, as
 * calls of and jumps to what is in a register, and all that just uses the
 * stack; or on another architecture.
 */
unsigned int insn_operands(const void *uc,
			   unsigned long addrs[INSN_MAX_OPERANDS]);
