#include "cli/netfs.h"

#include <stddef.h>
#include <sys/vfs.h>

/* From linux/magic.h and the kernel's own sources: the header of an older
 * system lacks some of them. */
static const struct {
	unsigned long magic;
	const char *name;
} doubtful[] = {
	{ 0x6969, "NFS" },	 { 0x517b, "SMB" },
	{ 0xff534d42, "CIFS" },	 { 0xfe534d42, "SMB" },
	{ 0x65735546, "FUSE" },	 { 0x00c36400, "Ceph" },
	{ 0x01021997, "9P" },	 { 0x5346414f, "AFS" },
	{ 0x6b414653, "AFS" },	 { 0x73757245, "Coda" },
	{ 0x0bd00bd0, "Lustre" }, { 0x564c, "NCP" },
};

const char *netfs_name_of(unsigned long magic)
{
	for (size_t i = 0; i < sizeof(doubtful) / sizeof(doubtful[0]); i++)
		if (doubtful[i].magic == magic)
			return doubtful[i].name;
	return NULL;
}

const char *netfs_name(int folder)
{
	struct statfs fs;

	if (fstatfs(folder, &fs) != 0)
		return NULL;
	/* The field is signed on some machines, and then widened with its
	 * sign. */
	return netfs_name_of((unsigned long)fs.f_type & 0xffffffff);
}
