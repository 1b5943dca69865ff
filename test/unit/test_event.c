#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fleet/event.h"

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

	(void)state;
	for (int i = 0; i < 20; i++) {
		ears[i] = (struct ear){ { hear }, (char)('a' + i), heard };
		audience_add(&audience, &ears[i].listener);
	}
	audience_tell(&audience, &event);
	assert_string_equal(heard, "abcdefghijklmnopqrst");
	audience_release(&audience);
}

static void nobody_may_listen(void **state)
{
	const struct event event = { .type = EVENT_NOTICE, .text = "hello" };
	struct audience audience = { 0 };

	(void)state;
	audience_tell(&audience, &event);
	audience_release(&audience);
	audience_release(&audience);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_hear_in_the_order_of_adding),
		cmocka_unit_test(nobody_may_listen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
