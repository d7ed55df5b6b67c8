/* SPDX-License-Identifier: MIT */
/* Source: driver-api 5.2, 7.8 */
#ifndef _ASM_PROCESSOR_H
#define _ASM_PROCESSOR_H

/*
 * cpu_relax() - what a busy wait does each time round
 * Without a lock held, whoever else is ready on this stage has its turn: of the
 * same or a higher priority at first, later of any. So a wait for what another
 * handler, or a kernel thread, does ends. Stage: any. Blocks: no longer than
 * the others run; in-band, or on the only CPU there is, after a while for a
 * moment.
 */
void __cpu_relax(void);

#ifdef __KERNEL__ /* the daemon has one of its own */
#define cpu_relax() __cpu_relax()
#endif

#endif /* _ASM_PROCESSOR_H */
