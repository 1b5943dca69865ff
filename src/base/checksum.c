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

void checksum_384(const void *data, size_t bytes,
		  unsigned char out[CHECKSUM_384_BYTES])
{
	SHA2_CTX context;

	SHA384Init(&context);
	SHA384Update(&context, data, bytes);
	SHA384Final(out, &context);
}
