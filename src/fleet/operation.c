#include "fleet/operation.h"

#include "database/work.h"

const struct operation operation_upgrade = {
	.name = "upgrade",
	.writes = true,
	.order = ORDER_SYSTEM_GATES,
	.retries_busy = true,
	.in_batches = true,
	.recall = work_recall,
	.work = work_upgrade,
	.work_without_room = work_look,
};

const struct operation operation_rehearse = {
	.name = "upgrade",
	.is_dry_run = true,
	.order = ORDER_SYSTEM_GATES,
	.recall = work_recall,
	.work = work_rehearse,
};

const struct operation operation_look = {
	.name = "status",
	.order = ORDER_SYSTEM_FIRST,
	.in_batches = true,
	.recall = work_recall,
	.work = work_look,
};

const struct operation operation_verify = {
	.name = "verify",
	.order = ORDER_SYSTEM_FIRST,
	.retries_busy = true,
	.work = work_verify,
};

const struct operation operation_rollback = {
	.name = "rollback",
	.writes = true,
	.order = ORDER_SYSTEM_LAST,
	.retries_busy = true,
	.work = work_restore,
};

const struct operation operation_descend = {
	.name = "rollback",
	.writes = true,
	.order = ORDER_SYSTEM_LAST,
	.retries_busy = true,
	.work = work_descend,
};

const struct operation operation_restore = {
	.name = "restore",
	.writes = true,
	.order = ORDER_SYSTEM_FIRST,
	.retries_busy = true,
	.work = work_restore,
};

/* System.db does not gate here: it may have its ledger already, at another
 * version than the users are to be recorded at. */
const struct operation operation_baseline = {
	.name = "baseline",
	.writes = true,
	.order = ORDER_SYSTEM_FIRST,
	.retries_busy = true,
	.work = work_baseline,
};

const struct operation operation_adopt = {
	.name = "baseline",
	.writes = true,
	.order = ORDER_SYSTEM_FIRST,
	.retries_busy = true,
	.work = work_adopt,
};

const struct operation operation_forget = {
	.name = "forget",
	.writes = true,
	.order = ORDER_SYSTEM_FIRST,
	.retries_busy = true,
	.work = work_forget,
};
