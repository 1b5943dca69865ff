#include "fleet/fields.h"

#include <string.h>

bool fields_get(const char *text, const char *word, char *out, size_t room)
{
	size_t length = strlen(word);
	const char *line = text;

	while (line != NULL && *line != '\0') {
		const char *end = strchr(line, '\n');

		if (strncmp(line, word, length) == 0 && line[length] == ' ') {
			const char *value = line + length + 1;
			size_t bytes = end != NULL ? (size_t)(end - value)
						   : strlen(value);

			if (bytes >= room)
				bytes = room - 1;
			memcpy(out, value, bytes);
			out[bytes] = '\0';
			return true;
		}
		line = end != NULL ? end + 1 : NULL;
	}
	out[0] = '\0';
	return false;
}
