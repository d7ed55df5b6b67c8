/* SPDX-License-Identifier: MIT */
/* The vectors of <evl/uio.h>: whatever is in them is the caller's word. */
#include <evl/uio.h>

#include "kapi/export.h"

#include <errno.h>
#include <linux/compat.h>
#include <linux/err.h>
#include <linux/uaccess.h>

static int load_native(const struct iovec __user *u_iov, size_t iovlen,
		       struct iovec *iov)
{
	return copy_from_user(iov, u_iov, iovlen * sizeof(*iov)) ? -EFAULT : 0;
}

static int load_compat(const void __user *u_iov, size_t iovlen,
		       struct iovec *iov)
{
	const struct compat_iovec __user *u_ciov = u_iov;
	struct compat_iovec ciov;

	for (size_t i = 0; i < iovlen; i++) {
		if (copy_from_user(&ciov, u_ciov + i, sizeof(ciov)))
			return -EFAULT;
		iov[i].iov_base = compat_ptr(ciov.iov_base);
		iov[i].iov_len = ciov.iov_len;
	}

	return 0;
}

EXPORT struct iovec *evl_load_uio(const struct iovec __user *u_iov,
				  size_t iovlen, struct iovec *fast_iov)
{
	struct iovec *iov = fast_iov;
	int ret;

	if (iovlen > UIO_MAXIOV)
		return ERR_PTR(-EINVAL);
	if (iovlen > UIO_FASTIOV)
		iov = evl_alloc(iovlen * sizeof(*iov));
	if (iov == NULL)
		return ERR_PTR(-ENOMEM);

	ret = in_compat_syscall() ? load_compat(u_iov, iovlen, iov)
				  : load_native(u_iov, iovlen, iov);
	if (ret == 0)
		return iov;
	if (iov != fast_iov)
		evl_free(iov);

	return ERR_PTR(ret);
}

static size_t at_most(size_t len, size_t limit)
{
	return len < limit ? len : limit;
}

EXPORT ssize_t evl_copy_to_uio(const struct iovec *iov, size_t iovlen,
			       const void *data, size_t len)
{
	size_t done = 0, piece;

	for (; iovlen && done < len; iov++, iovlen--) {
		piece = at_most(iov->iov_len, len - done);
		if (piece && copy_to_user(iov->iov_base,
					  (const char *)data + done, piece))
			return -EFAULT;
		done += piece;
	}

	return (ssize_t)done;
}

EXPORT ssize_t evl_copy_to_uio_incremental(struct iovec **iovp, size_t *iovlenp,
					   const void *data, size_t len)
{
	ssize_t ret = evl_copy_to_uio(*iovp, *iovlenp, data, len);
	size_t left = ret > 0 ? (size_t)ret : 0, piece;

	while (*iovlenp) {
		struct iovec *iov = *iovp;

		piece = at_most(iov->iov_len, left);
		iov->iov_base = (char *)iov->iov_base + piece;
		iov->iov_len -= piece;
		left -= piece;
		if (iov->iov_len)
			break;
		(*iovp)++;
		(*iovlenp)--;
		if (left == 0)
			break;
	}

	return ret;
}

EXPORT ssize_t evl_copy_from_uio(const struct iovec *iov, size_t iovlen,
				 void *data, size_t len, size_t *remainder)
{
	size_t done = 0, rest = 0, piece;

	for (; iovlen; iov++, iovlen--) {
		piece = at_most(iov->iov_len, len - done);
		if (piece &&
		    copy_from_user((char *)data + done, iov->iov_base, piece))
			return -EFAULT;
		done += piece;
		rest += iov->iov_len - piece;
	}
	if (remainder)
		*remainder = rest;

	return (ssize_t)done;
}

EXPORT ssize_t evl_copy_from_uio_to_kvec(const struct iovec *iov, size_t iovlen,
					 size_t count, struct kvec *kvec)
{
	void *data;
	ssize_t ret;

	data = evl_alloc(count);
	if (data == NULL)
		return -ENOMEM;
	ret = evl_copy_from_uio(iov, iovlen, data, count, NULL);
	if (ret < 0) {
		evl_free(data);
		return ret;
	}

	kvec->iov_base = data;
	kvec->iov_len = (size_t)ret;

	return ret;
}

EXPORT size_t evl_iov_flat_length(const struct iovec *iov, int iovlen)
{
	size_t len = 0;

	for (int i = 0; i < iovlen; i++)
		len += iov[i].iov_len;

	return len;
}
