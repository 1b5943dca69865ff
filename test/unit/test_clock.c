#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/time.h>

#include <cmocka.h>

#include "base/clock.h"

static void run_ids_tell_when(void **state)
{
	char id[RUN_ID_BYTES];
	int64_t before = clock_seconds(), seconds;

	(void)state;
	clock_run_id(id);
	assert_int_equal(strlen(id), 21);
	assert_true(clock_is_run_id(id));
	seconds = clock_run_id_seconds(id);
	assert_true(seconds >= before && seconds <= clock_seconds());
}

/* Also within one second: which backup is the newest is told by them. */
static void run_ids_grow(void **state)
{
	char before[RUN_ID_BYTES], now[RUN_ID_BYTES];
	int i;

	(void)state;
	clock_run_id(before);
	for (i = 0; i < 50; i++) {
		clock_sleep_ms(1);
		clock_run_id(now);
		assert_true(strcmp(before, now) < 0);
		memcpy(before, now, sizeof(now));
	}
}

static void run_ids_sort_by_time(void **state)
{
	(void)state;
	assert_int_equal(clock_run_id_seconds("19700101T000000Z-0000"), 0);
	assert_int_equal(clock_run_id_seconds("20261121T043100Z-9f3c"),
			 1795235460);
	assert_int_equal(clock_run_id_seconds("20240229T235959Z-ffff"),
			 1709251199);
}

static void knows_what_is_no_run_id(void **state)
{
	static const char *const bad[] = {
		"", "2026", "20261121T043100Z", "20261121T043100Z-",
		"20261121T043100Z-9f3", "20261121T043100Z-9f3cc",
		"20261121T043100Z-9F3C", "20261121T043100Z-9f3g",
		"20261121t043100z-9f3c", "20261121 043100Z-9f3c",
		"20261321T043100Z-9f3c", "20260230T043100Z-9f3c",
		"20261121T243100Z-9f3c", "20261121T046100Z-9f3c",
		"20261121T043161Z-9f3c", "00000000T000000Z-0000",
		"../../etc/passwd12345", "staging",
		"9999999T999999Z-xxxx", "99999999T999999Z-xxxx",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(clock_is_run_id(bad[i]));
		assert_int_equal(clock_run_id_seconds(bad[i]), -1);
	}
}

static void timestamps_look_as_they_should(void **state)
{
	char stamp[TIMESTAMP_BYTES];
	const char *shape = "0000-00-00T00:00:00Z";
	size_t i;

	(void)state;
	clock_timestamp(stamp);
	assert_int_equal(strlen(stamp), strlen(shape));
	for (i = 0; shape[i]; i++) {
		if (shape[i] == '0')
			assert_in_range(stamp[i], '0', '9');
		else
			assert_int_equal(stamp[i], shape[i]);
	}
}

static void sleeps_and_goes_on(void **state)
{
	int64_t before = clock_now_us(), passed;

	(void)state;
	clock_sleep_ms(0);
	clock_sleep_ms(-5);
	assert_true(clock_now_us() - before < 1000000);
	before = clock_now_us();
	clock_sleep_ms(30);
	passed = clock_now_us() - before;
	assert_true(passed >= 30000);
}

static void on_alarm(int signal)
{
	(void)signal;
}

/* A signal that is handled does not cut the sleep short. */
static void sleeps_through_signals(void **state)
{
	struct sigaction action = { .sa_handler = on_alarm }, old;
	struct itimerval soon = { { 0, 5000 }, { 0, 5000 } };
	struct itimerval never = { { 0, 0 }, { 0, 0 } };
	int64_t before = clock_now_us();

	(void)state;
	sigaction(SIGALRM, &action, &old);
	setitimer(ITIMER_REAL, &soon, NULL);
	clock_sleep_ms(60);
	setitimer(ITIMER_REAL, &never, NULL);
	sigaction(SIGALRM, &old, NULL);
	assert_true(clock_now_us() - before >= 60000);
}

static void a_start_of_the_machine_has_one_name(void **state)
{
	char one[BOOT_ID_BYTES], two[BOOT_ID_BYTES];

	(void)state;
	clock_boot_id(one);
	clock_boot_id(two);
	assert_string_equal(one, two);
	assert_int_equal(strlen(one), 36);
	assert_int_equal(strspn(one, "0123456789abcdef-"), 36);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(run_ids_tell_when),
		cmocka_unit_test(run_ids_grow),
		cmocka_unit_test(run_ids_sort_by_time),
		cmocka_unit_test(knows_what_is_no_run_id),
		cmocka_unit_test(timestamps_look_as_they_should),
		cmocka_unit_test(sleeps_and_goes_on),
		cmocka_unit_test(sleeps_through_signals),
		cmocka_unit_test(a_start_of_the_machine_has_one_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
