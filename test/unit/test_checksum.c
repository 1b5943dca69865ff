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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_sha256),
		cmocka_unit_test(pieces_make_the_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
