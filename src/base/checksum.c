#include "base/checksum.h"

#include <stdint.h>

void checksum_init(struct checksum *sum)
{
	SHA256Init(&sum->context);
}

void checksum_add(struct checksum *sum, const void *data, size_t bytes)
{
	SHA256Update(&sum->context, data, bytes);
}

void checksum_end(struct checksum *sum, char out[CHECKSUM_HEX_BYTES])
{
	SHA256End(&sum->context, out);
}
