/* SPDX-License-Identifier: MIT */
#include "stage/signal-stack.h"

#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>

#define STACK_SIZE (64 << 10) /* vector registers alone may take 11 KiB */

void *signal_stack_new(void)
{
	stack_t stack = { .ss_size = STACK_SIZE }, old;

	if (sigaltstack(NULL, &old) || !(old.ss_flags & SS_DISABLE))
		return NULL;

	stack.ss_sp = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (stack.ss_sp == MAP_FAILED)
		return NULL;
	if (sigaltstack(&stack, NULL)) {
		munmap(stack.ss_sp, STACK_SIZE);
		return NULL;
	}

	return stack.ss_sp;
}

void signal_stack_free(void *stack)
{
	const stack_t none = { .ss_flags = SS_DISABLE };

	if (stack == NULL)
		return;

	sigaltstack(&none, NULL);
	munmap(stack, STACK_SIZE);
}
