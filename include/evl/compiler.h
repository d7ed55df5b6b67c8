/* SPDX-License-Identifier: MIT */
/*
 * What our headers need from the compiler.
 *
 * Source: user-api 22
 */
#ifndef _EVL_COMPILER_H
#define _EVL_COMPILER_H

#ifndef __check_printf
#ifdef __GNUC__
#define __check_printf(__fmtpos, __argpos) \
	__attribute__((__format__(__printf__, __fmtpos, __argpos)))
#else
#define __check_printf(__fmtpos, __argpos)
#endif
#endif

#endif /* _EVL_COMPILER_H */
