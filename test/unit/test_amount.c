#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/amount.h"

static void reads_durations(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} cases[] = {
		{ "0", 0 },
		{ "5", 5000 },
		{ "250ms", 250 },
		{ "5s", 5000 },
		{ "10m", 600000 },
		{ "2h", 7200000 },
		{ "30d", INT64_C(2592000000) },
		{ "9223372036854775807ms", INT64_MAX },
		{ "9223372036854775s", INT64_C(9223372036854775000) },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t ms = -1;

		assert_int_equal(amount_parse_duration(cases[i].text, &ms,
						       NULL), 0);
		assert_true(ms == cases[i].ms);
	}
}

static void refuses_what_is_no_duration(void **state)
{
	static const char *const bad[] = {
		"", " 5s", "5 s", "5s ", "-5s", "+5s", "1.5s", "s", "5x", "5S",
		"5sec", "0x10", "9223372036854775808ms",
		"9223372036854776s", "106751991168d",
		"99999999999999999999999999",
	};
	struct error err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int64_t ms = 77;

		assert_int_equal(amount_parse_duration(bad[i], &ms, &err),
				 ERROR_CONFIG);
		assert_true(ms == 77);
		assert_non_null(strstr(err.message, bad[i]));
		assert_non_null(strstr(err.message, "250ms"));
	}
}

static void reads_numbers(void **state)
{
	int64_t value;

	(void)state;
	assert_int_equal(amount_parse_number("1", 1, 1024, &value, NULL), 0);
	assert_int_equal(value, 1);
	assert_int_equal(amount_parse_number("1024", 1, 1024, &value, NULL),
			 0);
	assert_int_equal(value, 1024);
	assert_int_equal(amount_parse_number("9223372036854775807", 0,
					     INT64_MAX, &value, NULL), 0);
	assert_true(value == INT64_MAX);
}

static void refuses_numbers_out_of_range(void **state)
{
	static const char *const bad[] = {
		"", "0", "1025", "-1", "+1", " 1", "1 ", "1.0", "1e3", "four",
		"18446744073709551617", "9223372036854775808",
	};
	struct error err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int64_t value = 77;

		assert_int_equal(amount_parse_number(bad[i], 1, 1024, &value,
						     &err), ERROR_CONFIG);
		assert_int_equal(value, 77);
		assert_non_null(strstr(err.message, "from 1 to 1024"));
	}
}

static void reads_shares(void **state)
{
	static const struct {
		const char *text;
		uint64_t of_thousand; /* what it is of a disk of 1000 bytes */
	} cases[] = {
		{ "0%", 0 },
		{ "5%", 50 },
		{ "100%", 1000 },
		{ "0", 0 },
		{ "123", 123 },
		{ "1K", 1024 },
		{ "2M", 2097152 },
		{ "10G", UINT64_C(10737418240) },
		{ "1T", UINT64_C(1099511627776) },
		{ "18446744073709551615", UINT64_MAX },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct amount_share share;

		assert_int_equal(amount_parse_share(cases[i].text, &share,
						    NULL), 0);
		assert_true(amount_of_share(&share, 1000) ==
			    cases[i].of_thousand);
	}
}

static void refuses_what_is_no_share(void **state)
{
	static const char *const bad[] = {
		"", "%", "101%", "-1%", "5 %", "5%%", "1.5%", "5k", "5GB",
		"G", "16777216T", "18446744073709551616",
	};
	struct error err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct amount_share share = { .percent = 7 };

		assert_int_equal(amount_parse_share(bad[i], &share, &err),
				 ERROR_CONFIG);
		assert_int_equal(share.percent, 7);
		assert_non_null(strstr(err.message, "10G"));
	}
}

/* The biggest disk there can be: nothing wraps. */
static void shares_of_a_huge_disk(void **state)
{
	struct amount_share share = { .percent = 100 };

	(void)state;
	assert_true(amount_of_share(&share, UINT64_MAX) == UINT64_MAX);
	share.percent = 50;
	assert_true(amount_of_share(&share, UINT64_MAX) == UINT64_MAX / 2);
	share.percent = 1;
	assert_true(amount_of_share(&share, 199) == 1);
	share.percent = 0;
	assert_true(amount_of_share(&share, UINT64_MAX) == 0);
}

static void formats_bytes(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = {
		{ 0, "0 B" },
		{ 17, "17 B" },
		{ 1023, "1023 B" },
		{ 1024, "1.0 KiB" },
		{ 1536, "1.5 KiB" },
		{ 10188, "9.9 KiB" },
		{ 10240, "10 KiB" },
		{ 348160, "340 KiB" },
		{ 1048064, "1.0 MiB" },
		{ 1048575, "1.0 MiB" },
		{ 1048000, "1023 KiB" },
		{ 1258291, "1.2 MiB" },
		{ UINT64_C(5368709120), "5.0 GiB" },
		{ UINT64_C(1099511627776), "1.0 TiB" },
		{ UINT64_C(1) << 50, "1.0 PiB" },
		{ UINT64_C(1) << 60, "1.0 EiB" },
		{ UINT64_MAX, "16 EiB" },
	};
	char out[32];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(amount_format_bytes(cases[i].bytes, out,
							sizeof(out)),
				    cases[i].text);
}

static void formats_durations(void **state)
{
	static const struct {
		int64_t us;
		const char *text;
	} cases[] = {
		{ -5, "0.0 s" },
		{ 0, "0.0 s" },
		{ 400000, "0.4 s" },
		{ 9949999, "9.9 s" },
		{ 9950000, "10 s" },
		{ 12400000, "12 s" },
		{ 59400000, "59 s" },
		{ 59500000, "1 min 00 s" },
		{ 200000000, "3 min 20 s" },
		{ INT64_C(3599400000), "59 min 59 s" },
		{ INT64_C(3599500000), "1 h 00 min" },
		{ INT64_C(7500000000), "2 h 05 min" },
		{ INT64_C(360000000000), "100 h 00 min" },
	};
	char out[32];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(amount_format_duration(cases[i].us, out,
							   sizeof(out)),
				    cases[i].text);
	amount_format_duration(INT64_MAX, out, sizeof(out));
	assert_non_null(strstr(out, " h "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_durations),
		cmocka_unit_test(refuses_what_is_no_duration),
		cmocka_unit_test(reads_numbers),
		cmocka_unit_test(refuses_numbers_out_of_range),
		cmocka_unit_test(reads_shares),
		cmocka_unit_test(refuses_what_is_no_share),
		cmocka_unit_test(shares_of_a_huge_disk),
		cmocka_unit_test(formats_bytes),
		cmocka_unit_test(formats_durations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
