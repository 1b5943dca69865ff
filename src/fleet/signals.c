#include "fleet/signals.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/lease.h"

static const int numbers[2] = { SIGINT, SIGTERM };

static void signal_heard(uv_signal_t *handle, int number)
{
	struct signals *signals = handle->data;

	if (signals->draining) {
		atomic_store(&signals->stop_now, true);
		return;
	}
	signals->draining = true;
	signals->signal = number;
}

static bool is_ignored(int number)
{
	struct sigaction action;

	return sigaction(number, NULL, &action) == 0 &&
	       action.sa_handler == SIG_IGN;
}

static int handle_open(struct signals *signals, size_t i, uv_loop_t *loop)
{
	uv_signal_t *handle = &signals->handles[i];
	int rc = uv_signal_init(loop, handle);

	if (rc != 0) {
		handle->loop = NULL; /* signals_close() passes it over */
		return rc;
	}
	handle->data = signals;
	uv_unref((uv_handle_t *)handle);
	return uv_signal_start(handle, signal_heard, numbers[i]);
}

void signals_close(struct signals *signals, uv_loop_t *loop)
{
	for (size_t i = 0; i < 2; i++) {
		if (signals->handles[i].loop == NULL)
			continue;
		uv_close((uv_handle_t *)&signals->handles[i], NULL);
		signals->handles[i].loop = NULL;
	}
	uv_run(loop, UV_RUN_DEFAULT);
}

int signals_open(struct signals *signals, uv_loop_t *loop, struct error *err)
{
	int rc;

	memset(signals, 0, sizeof(*signals));
	atomic_init(&signals->stop_now, false);
	signal(SIGPIPE, SIG_IGN);
	lease_begin();
	for (size_t i = 0; i < 2; i++) {
		if (is_ignored(numbers[i]))
			continue;
		rc = handle_open(signals, i, loop);
		if (rc != 0) {
			signals_close(signals, loop);
			return error_set(err, ERROR_IO,
					 "signals cannot be caught: %s",
					 uv_strerror(rc));
		}
	}
	return 0;
}

/* A loop that nothing keeps alive would not even look. */
void signals_hear(struct signals *signals, uv_loop_t *loop)
{
	for (size_t i = 0; i < 2; i++)
		if (signals->handles[i].loop != NULL)
			uv_ref((uv_handle_t *)&signals->handles[i]);
	uv_run(loop, UV_RUN_NOWAIT);
	for (size_t i = 0; i < 2; i++)
		if (signals->handles[i].loop != NULL)
			uv_unref((uv_handle_t *)&signals->handles[i]);
}

void signals_raise(const struct signals *signals)
{
	sigset_t set;

	if (signals->signal == 0)
		return;
	signal(signals->signal, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, signals->signal);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(signals->signal);
	_exit(128 + signals->signal);
}
