/* SPDX-License-Identifier: MIT */
/* Nobody checks: what drivers say of their locks is for readers.
 * Source: driver-api names none of it; as in Linux 6.6 */
#ifndef _LINUX_LOCKDEP_H
#define _LINUX_LOCKDEP_H

/* clang-format off */
struct lock_class_key { };

#define lockdep_assert(cond)		do { } while (0)
#define lockdep_assert_held(lock)	do { (void)(lock); } while (0)
#define lockdep_assert_held_once(lock)	do { (void)(lock); } while (0)
#define lockdep_assert_not_held(lock)	do { (void)(lock); } while (0)
#define lockdep_set_class(lock, key)	do { (void)(lock); (void)(key); } while (0)
/* clang-format on */

#endif /* _LINUX_LOCKDEP_H */
