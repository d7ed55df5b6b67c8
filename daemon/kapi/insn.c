/* SPDX-License-Identifier: MIT */
#include "kapi/insn.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <ucontext.h>

#if defined(__x86_64__)

#define MAX_INSN 15 /* bytes */

/* By the numbers which instructions have for them. */
static const int regs[] = {
	REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
	REG_R8,	 REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15,
};

struct insn {
	const uint8_t *at;    /* what comes next */
	unsigned int x, b;    /* 8: the index, the base is of the upper eight */
	unsigned int scale8;  /* of a displacement of one byte */
	bool escaped;	      /* no opcode of one byte */
	const greg_t *values; /* of the registers, borrowed */
};

static bool is_prefix(uint8_t byte)
{
	switch (byte) {
	case 0x26: /* segments */
	case 0x2e:
	case 0x36:
	case 0x3e:
	case 0x64:
	case 0x65:
	case 0x66: /* sizes */
	case 0x67:
	case 0xf0: /* lock, repne, rep */
	case 0xf2:
	case 0xf3:
		return true;
	default:
		return false;
	}
}

static void skip_prefixes(struct insn *insn)
{
	for (int i = 1; i < MAX_INSN && is_prefix(*insn->at); i++)
		insn->at++;
	/* REX */
	if ((*insn->at & 0xf0) == 0x40) {
		insn->x = (*insn->at & 2u) << 2;
		insn->b = (*insn->at & 1u) << 3;
		insn->at++;
	}
}

/* VEX and EVEX have what REX has, the other way round. */
static void skip_vector(struct insn *insn, unsigned int size)
{
	insn->x = (~insn->at[1] & 0x40u) >> 3;
	insn->b = (~insn->at[1] & 0x20u) >> 2;
	if (size == 4)
		/* So many bytes as the vector has, which is not so for all, but
		 * for those which do nothing but load and store. */
		insn->scale8 = 16u << (insn->at[3] >> 5 & 3);
	insn->at += size;
}

static void skip_escape(struct insn *insn)
{
	const uint8_t *at = insn->at;

	insn->escaped = true;
	switch (*at) {
	case 0x0f:
		insn->at += at[1] == 0x38 || at[1] == 0x3a ? 2 : 1;
		break;
	case 0xc5:
		insn->at += 2;
		break;
	case 0xc4:
		skip_vector(insn, 3);
		break;
	case 0x62:
		skip_vector(insn, 4);
		break;
	default:
		insn->escaped = false;
	}
}

/* movs, cmps, stos, lods, scas, ins, outs */
static bool is_string(uint8_t op)
{
	return (op >= 0xa4 && op <= 0xaf && op != 0xa8 && op != 0xa9) ||
	       (op >= 0x6c && op <= 0x6f);
}

/* May an opcode of one byte have an operand in memory, said by what follows? */
static bool has_modrm(uint8_t op)
{
	return (op < 0x40 && (op & 7) < 4) || op == 0x63 || op == 0x69 ||
	       op == 0x6b || (op & 0xf0) == 0x80 || (op & 0xfa) == 0xc0 ||
	       (op & 0xfe) == 0xc6 || (op & 0xfc) == 0xd0 ||
	       (op & 0xf8) == 0xd8 || (op & 0xf6) == 0xf6;
}

static uint64_t value_of(const struct insn *insn, unsigned int number)
{
	return (uint64_t)insn->values[regs[number]];
}

/* A signed number of @size bytes. */
static uint64_t displacement(const struct insn *insn, unsigned int size)
{
	int32_t wide;

	if (size == 0)
		return 0;
	if (size == 1)
		return (uint64_t)((int64_t)(int8_t)*insn->at * insn->scale8);

	memcpy(&wide, insn->at, sizeof(wide));

	return (uint64_t)wide;
}

static bool find_operand(struct insn *insn, unsigned long *r_addr)
{
	static const unsigned int sizes[] = { 0, 1, 4 };
	unsigned int mod = *insn->at >> 6, base = *insn->at & 7, index;
	bool has_sib = base == 4;
	uint64_t addr = 0;

	insn->at++;
	/* A register; or it is next to the code. */
	if (mod == 3 || (mod == 0 && base == 5))
		return false;

	if (has_sib) {
		index = (*insn->at >> 3 & 7) | insn->x;
		if (index != 4)
			addr += value_of(insn, index) << (*insn->at >> 6);
		base = *insn->at & 7;
		insn->at++;
	}
	if (mod == 0 && base == 5)
		addr += displacement(insn, 4);
	else
		addr += value_of(insn, base | insn->b) +
			displacement(insn, sizes[mod]);
	*r_addr = addr;

	return true;
}

unsigned int insn_operands(const void *uc,
			   unsigned long addrs[INSN_MAX_OPERANDS])
{
	const greg_t *values = ((const ucontext_t *)uc)->uc_mcontext.gregs;
	struct insn insn = {
		.at = (const uint8_t *)values[REG_RIP],
		.scale8 = 1,
		.values = values,
	};
	uint8_t op;

	skip_prefixes(&insn);
	skip_escape(&insn);
	op = *insn.at++;
	if (!insn.escaped && is_string(op)) {
		addrs[0] = (unsigned long)values[REG_RSI];
		addrs[1] = (unsigned long)values[REG_RDI];
		return 2;
	}

	return (insn.escaped || has_modrm(op)) && find_operand(&insn, addrs);
}

#else

unsigned int insn_operands(const void *uc,
			   unsigned long addrs[INSN_MAX_OPERANDS])
{
	(void)uc, (void)addrs;

	return 0;
}

#endif
