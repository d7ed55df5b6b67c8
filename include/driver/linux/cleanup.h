/* SPDX-License-Identifier: MIT */
/*
 * What is undone where a variable's scope ends, by whatever way it is left.
 *
 *	char *buf __free(kfree) = kmalloc(64, GFP_KERNEL);
 *	guard(mutex)(&lock);	until the end of the block
 *	scoped_guard(spinlock_irqsave, &lock) { ... }
 *
 * Each is defined beside what it is for: mutex in linux/mutex.h, and so on. A
 * handler that faults does not come back, and its scopes do not end.
 *
 * Source: driver-api names none of it; as in Linux 6.6
 */
#ifndef _LINUX_CLEANUP_H
#define _LINUX_CLEANUP_H

#include <linux/compiler.h>
#include <stdbool.h>
#include <stddef.h>

#define __cleanup_join(a, b)	  a##b
#define __cleanup_name(prefix, n) __cleanup_join(prefix, n)

/* clang-format off */
/* NOLINTBEGIN(bugprone-macro-parentheses): names, types, statements */

/**
 * DEFINE_FREE() - say how __free() gives something back
 * @_name:	for __free()
 * @_type:	of the variable
 * @_free:	a statement; the variable's value is _T
 */
#define DEFINE_FREE(_name, _type, _free)				\
	static inline __maybe_unused void __free_##_name(void *p)	\
	{								\
		_type _T = *(_type *)p;					\
		_free;							\
	}

/* Behind a variable's name: what it holds in the end is given back. */
#define __free(_name) __cleanup(__free_##_name)

/* The value of @p, which is NULL then: it is somebody else's to give back. */
#define __get_and_null_ptr(p)						\
	__extension__({							\
		__auto_type __ptr = &(p);				\
		__auto_type __val = *__ptr;				\
		*__ptr = NULL;						\
		__val;							\
	})

static inline __must_check const volatile void *
__must_check_fn(const volatile void *ptr)
{
	return ptr;
}

#define no_free_ptr(p)							\
	((__typeof__(p))__must_check_fn(__get_and_null_ptr(p)))
#define return_ptr(p)		return no_free_ptr(p)
#define retain_and_null_ptr(p)	((void)__get_and_null_ptr(p))

/**
 * DEFINE_CLASS() - a type whose variables begin and end by statements
 * @_name:	for CLASS()
 * @_type:	the type
 * @_exit:	a statement; the variable's value is _T
 * @_init:	an expression: the first value
 * @...:	what CLASS() is given for that: parameters, or void
 */
#define DEFINE_CLASS(_name, _type, _exit, _init, ...)			\
	typedef _type class_##_name##_t;				\
	static inline __maybe_unused void				\
	class_##_name##_destructor(_type *p)				\
	{								\
		_type _T = *p;						\
		_exit;							\
	}								\
	static inline __maybe_unused _type				\
	class_##_name##_constructor(__VA_ARGS__)			\
	{								\
		_type t = _init;					\
		return t;						\
	}

/* The same end, another beginning. */
#define EXTEND_CLASS(_name, ext, _init, ...)				\
	typedef class_##_name##_t class_##_name##ext##_t;		\
	static inline __maybe_unused void				\
	class_##_name##ext##_destructor(class_##_name##_t *p)		\
	{								\
		class_##_name##_destructor(p);				\
	}								\
	static inline __maybe_unused class_##_name##_t			\
	class_##_name##ext##_constructor(__VA_ARGS__)			\
	{								\
		class_##_name##_t t = _init;				\
		return t;						\
	}

/* A variable of such a type: CLASS(name, var)(arguments); */
#define CLASS(_name, var)						\
	class_##_name##_t var __cleanup(class_##_name##_destructor) =	\
		class_##_name##_constructor

/**
 * DEFINE_GUARD() - what is locked for the length of a scope
 * @_name:	for guard() and scoped_guard()
 * @_type:	of their argument, a pointer
 * @_lock:	an expression; the argument is _T
 * @_unlock:	the same
 */
#define DEFINE_GUARD(_name, _type, _lock, _unlock)			\
	DEFINE_CLASS(_name, _type, if (_T) { _unlock; },		\
		     __extension__({ _lock; _T; }), _type _T)		\
	static inline __maybe_unused void *				\
	class_##_name##_lock_ptr(class_##_name##_t *p)			\
	{								\
		return *p;						\
	}

/* A guard which may not get its lock: @_condlock is 0, or false, then. For
 * scoped_guard(), which leaves its block out, and scoped_cond_guard(). */
#define DEFINE_GUARD_COND(_name, _ext, _condlock)			\
	EXTEND_CLASS(_name, _ext,					\
		     __extension__({ (_condlock) ? _T : NULL; }),	\
		     class_##_name##_t _T)				\
	static inline __maybe_unused void *				\
	class_##_name##_ext##_lock_ptr(class_##_name##_t *p)		\
	{								\
		return class_##_name##_lock_ptr(p);			\
	}

/* A guard with variables of its own, @...; the lock is _T->lock. */
#define DEFINE_LOCK_GUARD_1(_name, _type, _lock, _unlock, ...)		\
	typedef struct {						\
		_type *lock;						\
		__VA_ARGS__;						\
	} class_##_name##_t;						\
	static inline __maybe_unused void				\
	class_##_name##_destructor(class_##_name##_t *_T)		\
	{								\
		if (_T->lock) {						\
			_unlock;					\
		}							\
	}								\
	static inline __maybe_unused class_##_name##_t			\
	class_##_name##_constructor(_type *l)				\
	{								\
		class_##_name##_t _t = { .lock = l }, *_T = &_t;	\
		_lock;							\
		return _t;						\
	}								\
	static inline __maybe_unused void *				\
	class_##_name##_lock_ptr(class_##_name##_t *p)			\
	{								\
		return p->lock;						\
	}

/* The same without a lock: guard(name)(); */
#define DEFINE_LOCK_GUARD_0(_name, _lock, _unlock, ...)			\
	typedef struct {						\
		void *lock;						\
		__VA_ARGS__;						\
	} class_##_name##_t;						\
	static inline __maybe_unused void				\
	class_##_name##_destructor(class_##_name##_t *_T)		\
	{								\
		if (_T->lock) {						\
			_unlock;					\
		}							\
	}								\
	static inline __maybe_unused class_##_name##_t			\
	class_##_name##_constructor(void)				\
	{								\
		class_##_name##_t _t = { .lock = (void *)1 }, *_T = &_t; \
		(void)_T;						\
		_lock;							\
		return _t;						\
	}								\
	static inline __maybe_unused void *				\
	class_##_name##_lock_ptr(class_##_name##_t *p)			\
	{								\
		return p->lock;						\
	}

/* Lock until the block ends: guard(mutex)(&lock); */
#define guard(_name) \
	CLASS(_name, __cleanup_name(__guard_, __COUNTER__) __maybe_unused)

/* Lock for the statement that follows; left out if there is no lock. */
#define scoped_guard(_name, ...)					\
	__scoped_guard(__cleanup_name(__scope_, __COUNTER__),		\
		       __cleanup_name(__done_, __COUNTER__), _name, __VA_ARGS__)
#define __scoped_guard(scope, done, _name, ...)				\
	for (CLASS(_name, scope)(__VA_ARGS__), *done = NULL;		\
	     class_##_name##_lock_ptr(&scope) && !done;			\
	     done = (void *)1)

/* The same; @_fail is done if there is no lock. */
#define scoped_cond_guard(_name, _fail, ...)				\
	__scoped_cond_guard(__cleanup_name(__scope_, __COUNTER__),	\
			    __cleanup_name(__done_, __COUNTER__), _name, \
			    _fail, __VA_ARGS__)
#define __scoped_cond_guard(scope, done, _name, _fail, ...)		\
	for (CLASS(_name, scope)(__VA_ARGS__), *done = NULL; !done;	\
	     done = (void *)1)						\
		if (!class_##_name##_lock_ptr(&scope))			\
			_fail;						\
		else

/* NOLINTEND(bugprone-macro-parentheses) */
/* clang-format on */

#endif /* _LINUX_CLEANUP_H */
