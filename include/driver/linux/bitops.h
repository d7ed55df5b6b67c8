/* SPDX-License-Identifier: MIT */
/*
 * Bits in arrays of unsigned long. set_bit() and kin may race with each other
 * on any stage; the __ forms may not.
 *
 * Source: driver-api 5.2
 */
#ifndef _LINUX_BITOPS_H
#define _LINUX_BITOPS_H

#include <linux/bits.h>
#include <linux/types.h>
#include <stdbool.h>

/* NOLINTBEGIN(readability-non-const-parameter): the built-ins write */
static inline void set_bit(long nr, volatile unsigned long *addr)
{
	/* Relaxed: as in the kernel, only those with a result order. */
	__atomic_fetch_or(&addr[BIT_WORD(nr)], BIT_MASK(nr), __ATOMIC_RELAXED);
}

static inline void clear_bit(long nr, volatile unsigned long *addr)
{
	__atomic_fetch_and(&addr[BIT_WORD(nr)], ~BIT_MASK(nr),
			   __ATOMIC_RELAXED);
}

static inline void change_bit(long nr, volatile unsigned long *addr)
{
	__atomic_fetch_xor(&addr[BIT_WORD(nr)], BIT_MASK(nr), __ATOMIC_RELAXED);
}

static inline bool test_bit(long nr, const volatile unsigned long *addr)
{
	return __atomic_load_n(&addr[BIT_WORD(nr)], __ATOMIC_RELAXED) &
	       BIT_MASK(nr);
}

static inline bool test_and_set_bit(long nr, volatile unsigned long *addr)
{
	return __atomic_fetch_or(&addr[BIT_WORD(nr)], BIT_MASK(nr),
				 __ATOMIC_SEQ_CST) &
	       BIT_MASK(nr);
}

static inline bool test_and_clear_bit(long nr, volatile unsigned long *addr)
{
	return __atomic_fetch_and(&addr[BIT_WORD(nr)], ~BIT_MASK(nr),
				  __ATOMIC_SEQ_CST) &
	       BIT_MASK(nr);
}
static inline bool test_and_change_bit(long nr, volatile unsigned long *addr)
{
	return __atomic_fetch_xor(&addr[BIT_WORD(nr)], BIT_MASK(nr),
				  __ATOMIC_SEQ_CST) &
	       BIT_MASK(nr);
}

/* Who clears a bit that others wait to set, as a lock. */
static inline void clear_bit_unlock(long nr, volatile unsigned long *addr)
{
	/* Release: what was done meanwhile, to who sets it next. */
	__atomic_fetch_and(&addr[BIT_WORD(nr)], ~BIT_MASK(nr),
			   __ATOMIC_RELEASE);
}
#define test_and_set_bit_lock(nr, addr) test_and_set_bit(nr, addr)
/* NOLINTEND(readability-non-const-parameter) */

static inline void assign_bit(long nr, volatile unsigned long *addr, bool value)
{
	if (value)
		set_bit(nr, addr);
	else
		clear_bit(nr, addr);
}

static inline void __set_bit(long nr, unsigned long *addr)
{
	addr[BIT_WORD(nr)] |= BIT_MASK(nr);
}

static inline void __clear_bit(long nr, unsigned long *addr)
{
	addr[BIT_WORD(nr)] &= ~BIT_MASK(nr);
}

static inline void __change_bit(long nr, unsigned long *addr)
{
	addr[BIT_WORD(nr)] ^= BIT_MASK(nr);
}

static inline bool __test_and_set_bit(long nr, unsigned long *addr)
{
	bool was = addr[BIT_WORD(nr)] & BIT_MASK(nr);

	__set_bit(nr, addr);

	return was;
}

static inline bool __test_and_clear_bit(long nr, unsigned long *addr)
{
	bool was = addr[BIT_WORD(nr)] & BIT_MASK(nr);

	__clear_bit(nr, addr);

	return was;
}

static inline void __assign_bit(long nr, unsigned long *addr, bool value)
{
	if (value)
		__set_bit(nr, addr);
	else
		__clear_bit(nr, addr);
}

/* The first bit at or behind @from which is @value, @size if none is. */
static inline unsigned long __find_bit(const unsigned long *addr,
				       unsigned long size, unsigned long from,
				       bool value)
{
	unsigned long word, nr;

	for (nr = from; nr < size; nr = (BIT_WORD(nr) + 1) * BITS_PER_LONG) {
		word = value ? addr[BIT_WORD(nr)] : ~addr[BIT_WORD(nr)];
		word &= ~0UL << (nr % BITS_PER_LONG);
		if (word) {
			nr = BIT_WORD(nr) * BITS_PER_LONG +
			     (unsigned long)__builtin_ctzl(word);
			break;
		}
	}

	return nr < size ? nr : size;
}

#define find_first_bit(addr, size)	     __find_bit(addr, size, 0, true)
#define find_first_zero_bit(addr, size)	     __find_bit(addr, size, 0, false)
#define find_next_bit(addr, size, from)	     __find_bit(addr, size, from, true)
#define find_next_zero_bit(addr, size, from) __find_bit(addr, size, from, false)

/* The last bit that is set, @size if none is. */
static inline unsigned long find_last_bit(const unsigned long *addr,
					  unsigned long size)
{
	for (unsigned long nr = size; nr-- > 0;)
		if (addr[BIT_WORD(nr)] & BIT_MASK(nr))
			return nr;

	return size;
}

#define for_each_clear_bit(bit, addr, size)                           \
	for ((bit) = find_first_zero_bit(addr, size); (bit) < (size); \
	     (bit) = find_next_zero_bit(addr, size, (bit) + 1))
#define for_each_set_bit_from(bit, addr, size)                       \
	for ((bit) = find_next_bit(addr, size, bit); (bit) < (size); \
	     (bit) = find_next_bit(addr, size, (bit) + 1))
#define for_each_set_bit(bit, addr, size)                        \
	for ((bit) = find_first_bit(addr, size); (bit) < (size); \
	     (bit) = find_next_bit(addr, size, (bit) + 1))

/* The number of the lowest and of the highest bit set; @word is not 0. */
#define __ffs(word) ((unsigned long)__builtin_ctzl(word))
#define ffz(word)   __ffs(~(word))
#define __fls(word) ((unsigned long)(BITS_PER_LONG - 1 - __builtin_clzl(word)))

/* The number of the highest bit set, counted from 1; 0 for 0. */
#define fls(word)      ((word) ? 32 - __builtin_clz((unsigned int)(word)) : 0)
#define fls64(word)    ((word) ? 64 - __builtin_clzll(word) : 0)

#define fls_long(word) fls64((unsigned long)(word))
#define __ffs64(word)  ((unsigned long)__builtin_ctzll(word))

/* The smallest order of two which is not below @n; -1 for 0. */
static inline int get_count_order(unsigned int n)
{
	return n == 0 ? -1 : n == 1 ? 0 : fls(n - 1);
}

/* clang-format off */
/* Rotated to the left and to the right. */
#define __ROTATE(bits)							\
	static inline __u##bits rol##bits(__u##bits word, unsigned int shift) \
	{								\
		return (__u##bits)(word << (shift & (bits - 1)) |	\
				   word >> (-shift & (bits - 1)));	\
	}								\
	static inline __u##bits ror##bits(__u##bits word, unsigned int shift) \
	{								\
		return (__u##bits)(word >> (shift & (bits - 1)) |	\
				   word << (-shift & (bits - 1)));	\
	}
/* clang-format on */

__ROTATE(8)
__ROTATE(16)
__ROTATE(32)
__ROTATE(64)

#undef __ROTATE

/* @value's bit @index is its sign. */
static inline __s32 sign_extend32(__u32 value, int index)
{
	return (__s32)(value << (31 - index)) >> (31 - index);
}

static inline __s64 sign_extend64(__u64 value, int index)
{
	return (__s64)(value << (63 - index)) >> (63 - index);
}

/* How many bits are set. */
#define hweight8(word)	   ((unsigned int)__builtin_popcount((word)&0xffU))
#define hweight16(word)	   ((unsigned int)__builtin_popcount((word)&0xffffU))
#define hweight32(word)	   ((unsigned int)__builtin_popcount(word))
#define hweight64(word)	   ((unsigned long)__builtin_popcountll(word))
#define hweight_long(word) ((unsigned long)__builtin_popcountl(word))

/* Some bits of *@ptr set anew; what it was. */
#define set_mask_bits(ptr, mask, bits)                                   \
	__extension__({                                                  \
		__typeof__(*(ptr)) __mask = (mask), __bits = (bits);     \
		__typeof__(*(ptr)) __old =                               \
			__atomic_load_n(ptr, __ATOMIC_RELAXED);          \
		while (!__atomic_compare_exchange_n(                     \
			ptr, &__old,                                     \
			(__typeof__(__old))((__old & ~__mask) | __bits), \
			false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))      \
			;                                                \
		__old;                                                   \
	})

#endif /* _LINUX_BITOPS_H */
