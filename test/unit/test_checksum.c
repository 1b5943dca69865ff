#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/checksum.h"

/* The test vectors of FIPS 180-4. */
static const struct {
	const char *text, *hex;
} vectors[] = {
	{ "",
	  "e3b0c44298fc1c149afbf4c8996fb924"
	  "27ae41e4649b934ca495991b7852b855" },
	{ "abc",
	  "ba7816bf8f01cfea414140de5dae2223"
	  "b00361a396177a9cb410ff61f20015ad" },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	  "248d6a61d20638b8e5c026930c3e6039"
	  "a33ce45964ff2167f6ecedd419db06c1" },
};

static void is_sha256(void **state)
{
	char hex[CHECKSUM_HEX_BYTES];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		struct checksum sum;

		checksum_init(&sum);
		checksum_add(&sum, vectors[i].text, strlen(vectors[i].text));
		checksum_end(&sum, hex);
		assert_string_equal(hex, vectors[i].hex);
	}
}

static void pieces_make_the_whole(void **state)
{
	const char *text = vectors[2].text;
	char hex[CHECKSUM_HEX_BYTES];
	size_t cut;

	(void)state;
	for (cut = 0; cut <= strlen(text); cut++) {
		struct checksum sum;

		checksum_init(&sum);
		checksum_add(&sum, text, cut);
		checksum_add(&sum, "", 0);
		checksum_add(&sum, text + cut, strlen(text) - cut);
		checksum_end(&sum, hex);
		assert_string_equal(hex, vectors[2].hex);
	}
}

/* FIPS 180-4 too. */
static void is_sha384(void **state)
{
	static const unsigned char abc[CHECKSUM_384_BYTES] = {
		0xcb, 0x00, 0x75, 0x3f, 0x45, 0xa3, 0x5e, 0x8b, 0xb5, 0xa0,
		0x3d, 0x69, 0x9a, 0xc6, 0x50, 0x07, 0x27, 0x2c, 0x32, 0xab,
		0x0e, 0xde, 0xd1, 0x63, 0x1a, 0x8b, 0x60, 0x5a, 0x43, 0xff,
		0x5b, 0xed, 0x80, 0x86, 0x07, 0x2b, 0xa1, 0xe7, 0xcc, 0x23,
		0x58, 0xba, 0xec, 0xa1, 0x34, 0xc8, 0x25, 0xa7,
	};
	unsigned char sum[CHECKSUM_384_BYTES];

	(void)state;
	checksum_384("abc", 3, sum);
	assert_memory_equal(sum, abc, sizeof(abc));
	checksum_384("", 0, sum);
	assert_int_equal(sum[0], 0x38);
	assert_int_equal(sum[47], 0x5b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_sha256),
		cmocka_unit_test(pieces_make_the_whole),
		cmocka_unit_test(is_sha384),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
