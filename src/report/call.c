#include "report/call.h"

#include <stdlib.h>

#include "report/say.h"

void call_print(FILE *out, const struct call *call, const char *words,
		enum call_about about, const char *user)
{
	char *text;

	if (!call->compose) {
		fprintf(out, "fleet-upgrade %s", words);
		return;
	}
	text = call->compose(call->given, words, about, user);
	say_escaped(out, text);
	free(text);
}
