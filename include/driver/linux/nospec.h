/* SPDX-License-Identifier: MIT */
/* An index that was checked, as far as a guess of the CPU's goes, too.
 * Source: driver-api names none of it; as in Linux 6.6 */
#ifndef _LINUX_NOSPEC_H
#define _LINUX_NOSPEC_H

#define array_index_nospec(index, size)                                      \
	__extension__({                                                      \
		__typeof__(index) __nospec_i = (index);                      \
		__typeof__(size) __nospec_n = (size);                        \
		__nospec_i < __nospec_n ? __nospec_i : (__typeof__(index))0; \
	})

#endif /* _LINUX_NOSPEC_H */
