#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fleet/event.h"
#include "fleet/tally.h"

struct ear {
	struct listener listener; /* first */
	char name;
	char *heard; /* shared: who heard, in order */
};

static void hear(struct listener *listener, const struct event *event)
{
	struct ear *ear = (struct ear *)listener;
	size_t length = strlen(ear->heard);

	assert_int_equal(event->type, EVENT_NOTICE);
	assert_string_equal(event->text, "hello");
	ear->heard[length] = ear->name;
	ear->heard[length + 1] = '\0';
}

static void all_hear_in_the_order_of_adding(void **state)
{
	const struct event event = { .type = EVENT_NOTICE, .text = "hello" };
	struct audience audience = { 0 };
	struct ear ears[20];
	char heard[64] = "";
	int status = 1;

	(void)state;
	for (int i = 0; i < 20; i++) {
		ears[i] = (struct ear){ { .hear = hear }, (char)('a' + i),
					heard };
		audience_add(&audience, &ears[i].listener);
	}
	audience_tell(&audience, &event, &status);
	assert_string_equal(heard, "abcdefghijklmnopqrst");
	assert_int_equal(status, 1);
	audience_release(&audience);
}

static void hear_and_fail(struct listener *listener, const struct event *event)
{
	(void)event;
	listener->exit_status = EXIT_STATUS_DISK;
}

struct teller {
	struct listener listener; /* first */
	const int *status;
	int told;
};

static void hear_and_tell(struct listener *listener, const struct event *event)
{
	struct teller *teller = (struct teller *)listener;

	(void)event;
	teller->told = *teller->status;
}

static void who_comes_later_hears_what_the_run_ends_with(void **state)
{
	const struct event event = { .type = EVENT_RUN_END };
	struct audience audience = { 0 };
	int status = EXIT_STATUS_DATABASES;
	struct teller before = { { .hear = hear_and_tell }, &status, 0 };
	struct listener writer = { .hear = hear_and_fail };
	struct teller after = { { .hear = hear_and_tell }, &status, 0 };

	(void)state;
	audience_add(&audience, &before.listener);
	audience_add(&audience, &writer);
	audience_add(&audience, &after.listener);
	audience_tell(&audience, &event, &status);
	assert_int_equal(before.told, EXIT_STATUS_DATABASES);
	assert_int_equal(after.told, EXIT_STATUS_DISK);
	assert_int_equal(status, EXIT_STATUS_DISK);
	audience_release(&audience);
}

static void nobody_may_listen(void **state)
{
	const struct event event = { .type = EVENT_NOTICE, .text = "hello" };
	struct audience audience = { 0 };
	int status = 0;

	(void)state;
	audience_tell(&audience, &event, &status);
	assert_int_equal(status, 0);
	audience_release(&audience);
	audience_release(&audience);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_hear_in_the_order_of_adding),
		cmocka_unit_test(who_comes_later_hears_what_the_run_ends_with),
		cmocka_unit_test(nobody_may_listen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
