/* SPDX-License-Identifier: MIT */
/*
 * The C library's headers, of which this kernel's make use. There is much in them
 * that a kernel does not have, and whose names are free for drivers to use: static
 * functions called open, poll, index or time. So that goes by other names here, and
 * nobody calls it. A driver which does want the C library's, here where it may, is
 * built with -DEVL_CUSED_LIBC.
 */
#ifndef _EVL_LIBC_H
#define _EVL_LIBC_H

#if defined(__KERNEL__) && !defined(EVL_CUSED_LIBC)

#define basename      __libc_name_basename
#define bcmp	      __libc_name_bcmp
#define bcopy	      __libc_name_bcopy
#define bzero	      __libc_name_bzero
#define calloc	      __libc_name_calloc
#define clock	      __libc_name_clock
#define creat	      __libc_name_creat
#define daylight      __libc_name_daylight
#define div	      __libc_name_div
#define dprintf	      __libc_name_dprintf
#define exit	      __libc_name_exit
#define fallocate     __libc_name_fallocate
#define fclose	      __libc_name_fclose
#define feof	      __libc_name_feof
#define fflush	      __libc_name_fflush
#define fileno	      __libc_name_fileno
#define fopen	      __libc_name_fopen
#define fprintf	      __libc_name_fprintf
#define fputs	      __libc_name_fputs
#define fread	      __libc_name_fread
#define free	      __libc_name_free
#define fseek	      __libc_name_fseek
#define fstat	      __libc_name_fstat
#define ftell	      __libc_name_ftell
#define fwrite	      __libc_name_fwrite
#define getc	      __libc_name_getc
#define getchar	      __libc_name_getchar
#define getdelim      __libc_name_getdelim
#define getenv	      __libc_name_getenv
#define getline	      __libc_name_getline
#define index	      __libc_name_index
#define ldiv	      __libc_name_ldiv
#define lockf	      __libc_name_lockf
#define lstat	      __libc_name_lstat
#define malloc	      __libc_name_malloc
#define mkdir	      __libc_name_mkdir
#define mkfifo	      __libc_name_mkfifo
#define mknod	      __libc_name_mknod
#define nanosleep     __libc_name_nanosleep
#define open	      __libc_name_open
#define perror	      __libc_name_perror
#define poll	      __libc_name_poll
#define ppoll	      __libc_name_ppoll
#define printf	      __libc_name_printf
#define pselect	      __libc_name_pselect
#define putc	      __libc_name_putc
#define putchar	      __libc_name_putchar
#define puts	      __libc_name_puts
#define rand	      __libc_name_rand
#define random	      __libc_name_random
#define readahead     __libc_name_readahead
#define readv	      __libc_name_readv
#define realloc	      __libc_name_realloc
#define remove	      __libc_name_remove
#define rename	      __libc_name_rename
#define rewind	      __libc_name_rewind
#define rindex	      __libc_name_rindex
#define scanf	      __libc_name_scanf
#define select	      __libc_name_select
#define setbuf	      __libc_name_setbuf
#define setenv	      __libc_name_setenv
#define setstate      __libc_name_setstate
#define splice	      __libc_name_splice
#define srand	      __libc_name_srand
#define srandom	      __libc_name_srandom
#define stat	      __libc_name_stat
#define system	      __libc_name_system
#define tee	      __libc_name_tee
#define time	      __libc_name_time
#define timer_create  __libc_name_timer_create
#define timer_delete  __libc_name_timer_delete
#define timer_gettime __libc_name_timer_gettime
#define timer_settime __libc_name_timer_settime
#define timezone      __libc_name_timezone
#define umask	      __libc_name_umask
#define ungetc	      __libc_name_ungetc
#define vmsplice      __libc_name_vmsplice
#define vprintf	      __libc_name_vprintf
#define writev	      __libc_name_writev

#endif

#ifdef __KERNEL__
/*
 * Types whose formats are others in a kernel, which are that one's in any case:
 * here, or in <linux/types.h>. The C library's headers use them by other names, or
 * do not mind.
 */
#define dev_t	 __libc_name_dev_t
#define int64_t	 __libc_name_int64_t
#define loff_t	 __libc_name_loff_t
#define uint64_t __libc_name_uint64_t
#include <stdint.h>
#include <sys/types.h>
#undef dev_t
#undef int64_t
#undef loff_t
#undef uint64_t
typedef long long int64_t;
typedef long long loff_t;
typedef unsigned long long uint64_t;
#endif

#if defined(__KERNEL__) && !defined(EVL_CUSED_LIBC)

#include <assert.h>
#include <ctype.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>

#undef basename
#undef bcmp
#undef bcopy
#undef bzero
#undef calloc
#undef clock
#undef creat
#undef daylight
#undef div
#undef dprintf
#undef exit
#undef fallocate
#undef fclose
#undef feof
#undef fflush
#undef fileno
#undef fopen
#undef fprintf
#undef fputs
#undef fread
#undef free
#undef fseek
#undef fstat
#undef ftell
#undef fwrite
#undef getc
#undef getchar
#undef getdelim
#undef getenv
#undef getline
#undef index
#undef ldiv
#undef lockf
#undef lstat
#undef malloc
#undef mkdir
#undef mkfifo
#undef mknod
#undef nanosleep
#undef open
#undef perror
#undef poll
#undef ppoll
#undef printf
#undef pselect
#undef putc
#undef putchar
#undef puts
#undef rand
#undef random
#undef readahead
#undef readv
#undef realloc
#undef remove
#undef rename
#undef rewind
#undef rindex
#undef scanf
#undef select
#undef setbuf
#undef setenv
#undef setstate
#undef splice
#undef srand
#undef srandom
#undef stat
#undef system
#undef tee
#undef time
#undef timer_create
#undef timer_delete
#undef timer_gettime
#undef timer_settime
#undef timezone
#undef umask
#undef ungetc
#undef vmsplice
#undef vprintf
#undef writev

/* Macros; the second is for a driver to define. */
#undef errno
#undef assert
#undef stdin
#undef stdout
#undef stderr

#endif

#endif /* _EVL_LIBC_H */
