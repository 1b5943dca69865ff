#include "fleet/arena.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define CHUNK_BYTES 65536

struct chunk {
	struct chunk *next;
	size_t used, room;
	char bytes[];
};

struct arena {
	struct chunk *chunks; /* the one that is being filled first */
};

static struct chunk *chunk_new(size_t needed, struct chunk *next)
{
	size_t room = needed > CHUNK_BYTES ? needed : CHUNK_BYTES;
	struct chunk *chunk = xmalloc(sizeof(*chunk) + room);

	chunk->next = next;
	chunk->used = 0;
	chunk->room = room;
	return chunk;
}

struct arena *arena_new(void)
{
	return xcalloc(1, sizeof(struct arena));
}

void arena_free(struct arena *arena)
{
	struct chunk *chunk = arena != NULL ? arena->chunks : NULL;

	while (chunk != NULL) {
		struct chunk *next = chunk->next;

		free(chunk);
		chunk = next;
	}
	free(arena);
}

const char *arena_add(struct arena *arena, const char *text, size_t bytes)
{
	struct chunk *chunk = arena->chunks;
	char *copy;

	if (chunk == NULL || chunk->room - chunk->used <= bytes)
		chunk = arena->chunks = chunk_new(bytes + 1, chunk);
	copy = chunk->bytes + chunk->used;
	memcpy(copy, text, bytes);
	copy[bytes] = '\0';
	chunk->used += bytes + 1;
	return copy;
}
