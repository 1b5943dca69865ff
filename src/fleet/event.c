#include "fleet/event.h"

#include <stdlib.h>

#include "base/memory.h"
#include "fleet/tally.h"

void audience_add(struct audience *audience, struct listener *listener)
{
	audience->listeners = array_grow(audience->listeners, audience->count,
					 &audience->capacity,
					 sizeof(*audience->listeners));
	audience->listeners[audience->count++] = listener;
}

void audience_tell(const struct audience *audience, const struct event *event,
		   int *exit_status)
{
	for (size_t i = 0; i < audience->count; i++) {
		struct listener *listener = audience->listeners[i];

		listener->hear(listener, event);
		*exit_status = tally_worse(*exit_status, listener->exit_status);
	}
}

void audience_release(struct audience *audience)
{
	free(audience->listeners);
	*audience = (struct audience){ 0 };
}
