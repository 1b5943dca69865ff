#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "database/work.h"
#include "fleet/operation.h"

static const struct operation *const all[] = {
	&operation_upgrade, &operation_rehearse, &operation_look,
	&operation_verify,  &operation_rollback, &operation_restore,
	&operation_baseline, &operation_forget,	 &operation_adopt,
};

static void what_only_looks_writes_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		bool looks = all[i]->work == work_look ||
			     all[i]->work == work_rehearse ||
			     all[i]->work == work_verify;

		assert_int_equal(all[i]->writes, !looks);
		assert_non_null(all[i]->name);
	}
	assert_true(operation_rehearse.is_dry_run);
	assert_false(operation_upgrade.is_dry_run);
}

/* What is done without room for a backup must need none. */
static void without_room_nothing_is_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		assert_true(all[i]->work_without_room == NULL ||
			    all[i]->work_without_room == work_look);
	assert_true(operation_upgrade.work_without_room == work_look);
}

static void system_db_comes_in_the_right_order(void **state)
{
	(void)state;
	assert_int_equal(operation_upgrade.order, ORDER_SYSTEM_GATES);
	assert_int_equal(operation_rehearse.order, ORDER_SYSTEM_GATES);
	assert_int_equal(operation_rollback.order, ORDER_SYSTEM_LAST);
	assert_int_equal(operation_look.order, ORDER_SYSTEM_FIRST);
	assert_int_equal(operation_verify.order, ORDER_SYSTEM_FIRST);
	assert_int_equal(operation_restore.order, ORDER_SYSTEM_FIRST);
}

static void each_does_its_own_work(void **state)
{
	(void)state;
	assert_true(operation_upgrade.work == work_upgrade);
	assert_true(operation_rehearse.work == work_rehearse);
	assert_true(operation_look.work == work_look);
	assert_true(operation_verify.work == work_verify);
	assert_true(operation_adopt.work == work_adopt);
	assert_true(operation_rollback.work == work_restore);
	assert_true(operation_restore.work == work_restore);
	assert_true(operation_baseline.work == work_baseline);
	assert_true(operation_forget.work == work_forget);
}

/* What undoes, checks or records goes by the database alone. */
static void what_is_known_serves_upgrade_and_looking_only(void **state)
{
	(void)state;
	assert_true(operation_upgrade.recall == work_recall);
	assert_true(operation_rehearse.recall == work_recall);
	assert_true(operation_look.recall == work_recall);
	assert_null(operation_verify.recall);
	assert_null(operation_rollback.recall);
	assert_null(operation_restore.recall);
	assert_null(operation_baseline.recall);
	assert_null(operation_forget.recall);
}

/* JSON and the journal call a dry run by its command's name. */
static void a_rehearsal_is_an_upgrade_by_name(void **state)
{
	(void)state;
	assert_string_equal(operation_rehearse.name, operation_upgrade.name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_only_looks_writes_nothing),
		cmocka_unit_test(without_room_nothing_is_written),
		cmocka_unit_test(system_db_comes_in_the_right_order),
		cmocka_unit_test(each_does_its_own_work),
		cmocka_unit_test(what_is_known_serves_upgrade_and_looking_only),
		cmocka_unit_test(a_rehearsal_is_an_upgrade_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
