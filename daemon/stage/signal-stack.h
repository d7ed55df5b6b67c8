/* SPDX-License-Identifier: MIT */
/*
 * The alternate stack on which a thread takes SIGSEGV and SIGBUS: its fiber may
 * have none left. Belongs to the thread which calls these. Where there is one
 * already, a sanitizer's, that one is used.
 */
#pragma once

/* NULL: no memory, or not needed. To be given back, on the same thread. */
void *signal_stack_new(void);
void signal_stack_free(void *stack);
