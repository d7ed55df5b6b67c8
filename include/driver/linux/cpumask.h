/* SPDX-License-Identifier: MIT */
/*
 * Sets of CPUs, and which there are.
 *
 * Source: driver-api 5.2
 */
#ifndef _LINUX_CPUMASK_H
#define _LINUX_CPUMASK_H

#include <linux/bitmap.h>
#include <linux/types.h>

#define NR_CPUS 1024 /* as sched_setaffinity() has it */

struct cpumask {
	DECLARE_BITMAP(bits, NR_CPUS);
};

typedef struct cpumask cpumask_t;
typedef struct cpumask cpumask_var_t[1];

#define cpumask_bits(mask) ((mask)->bits)
#define CPU_BITS_NONE \
	{             \
		0     \
	}

/**
 * num_possible_cpus() - how many CPUs the machine may have
 *
 * Their numbers are those below it.
 *
 * Stage:  any.
 * Blocks: no.
 */
unsigned int num_possible_cpus(void);
#define nr_cpu_ids	   num_possible_cpus()
#define num_present_cpus() num_possible_cpus()

/**
 * num_online_cpus() - how many CPUs the machine had when the daemon started
 *
 * Stage:  any.
 * Blocks: no.
 */
unsigned int num_online_cpus(void);

/* Those CPUs. Any stage, does not block. */
const struct cpumask *__cpumask_possible(void);
const struct cpumask *__cpumask_online(void);
#define cpu_possible_mask __cpumask_possible()
#define cpu_present_mask  __cpumask_possible()
#define cpu_online_mask	  __cpumask_online()
#define cpu_all_mask	  __cpumask_possible()

/* The set of @cpu alone. Any stage, does not block. */
const struct cpumask *cpumask_of(unsigned int cpu);

static inline void cpumask_set_cpu(unsigned int cpu, struct cpumask *mask)
{
	set_bit((long)cpu, mask->bits);
}

static inline void cpumask_clear_cpu(unsigned int cpu, struct cpumask *mask)
{
	clear_bit((long)cpu, mask->bits);
}

static inline bool cpumask_test_cpu(unsigned int cpu,
				    const struct cpumask *mask)
{
	return cpu < NR_CPUS && test_bit((long)cpu, mask->bits);
}

static inline bool cpumask_test_and_set_cpu(unsigned int cpu,
					    struct cpumask *mask)
{
	return test_and_set_bit((long)cpu, mask->bits);
}

static inline bool cpumask_test_and_clear_cpu(unsigned int cpu,
					      struct cpumask *mask)
{
	return test_and_clear_bit((long)cpu, mask->bits);
}

static inline void cpumask_setall(struct cpumask *mask)
{
	bitmap_fill(mask->bits, NR_CPUS);
}

static inline void cpumask_clear(struct cpumask *mask)
{
	bitmap_zero(mask->bits, NR_CPUS);
}

static inline void cpumask_copy(struct cpumask *to, const struct cpumask *from)
{
	*to = *from;
}

static inline bool cpumask_and(struct cpumask *to, const struct cpumask *a,
			       const struct cpumask *b)
{
	return bitmap_and(to->bits, a->bits, b->bits, NR_CPUS);
}

static inline void cpumask_or(struct cpumask *to, const struct cpumask *a,
			      const struct cpumask *b)
{
	bitmap_or(to->bits, a->bits, b->bits, NR_CPUS);
}

static inline bool cpumask_andnot(struct cpumask *to, const struct cpumask *a,
				  const struct cpumask *b)
{
	return bitmap_andnot(to->bits, a->bits, b->bits, NR_CPUS);
}

static inline bool cpumask_equal(const struct cpumask *a,
				 const struct cpumask *b)
{
	return bitmap_equal(a->bits, b->bits, NR_CPUS);
}

static inline bool cpumask_intersects(const struct cpumask *a,
				      const struct cpumask *b)
{
	return bitmap_intersects(a->bits, b->bits, NR_CPUS);
}

static inline bool cpumask_subset(const struct cpumask *a,
				  const struct cpumask *b)
{
	return bitmap_subset(a->bits, b->bits, NR_CPUS);
}

static inline bool cpumask_empty(const struct cpumask *mask)
{
	return bitmap_empty(mask->bits, NR_CPUS);
}

static inline unsigned int cpumask_weight(const struct cpumask *mask)
{
	return bitmap_weight(mask->bits, NR_CPUS);
}

/* NR_CPUS or more, if there is none. */
static inline unsigned int cpumask_first(const struct cpumask *mask)
{
	return (unsigned int)find_first_bit(mask->bits, NR_CPUS);
}

/* The first behind @cpu, which may be -1. */
static inline unsigned int cpumask_next(int cpu, const struct cpumask *mask)
{
	return (unsigned int)find_next_bit(mask->bits, NR_CPUS,
					   (unsigned long)(cpu + 1));
}
#define cpumask_any(mask) cpumask_first(mask)

static inline bool zalloc_cpumask_var(cpumask_var_t *mask, gfp_t flags)
{
	(void)flags;
	cpumask_clear(*mask);

	return true;
}
#define alloc_cpumask_var(mask, flags) zalloc_cpumask_var(mask, flags)

static inline void free_cpumask_var(cpumask_var_t mask)
{
	(void)mask;
}

/* clang-format off */
#define for_each_cpu(cpu, mask)						\
	for ((cpu) = cpumask_first(mask); (cpu) < NR_CPUS;		\
	     (cpu) = cpumask_next((int)(cpu), mask))
#define for_each_possible_cpu(cpu) for_each_cpu(cpu, cpu_possible_mask)
#define for_each_present_cpu(cpu)  for_each_cpu(cpu, cpu_present_mask)
#define for_each_online_cpu(cpu)   for_each_cpu(cpu, cpu_online_mask)
/* clang-format on */

#define cpu_possible(cpu) cpumask_test_cpu(cpu, cpu_possible_mask)
#define cpu_present(cpu)  cpumask_test_cpu(cpu, cpu_present_mask)
#define cpu_online(cpu)	  cpumask_test_cpu(cpu, cpu_online_mask)

#endif /* _LINUX_CPUMASK_H */
