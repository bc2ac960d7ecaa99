// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/hash.h"
#include "resolve/stack_names.h"

/* Stacks that are kept though no sample has them: in months some come by that nobody has any more. */
#define FORGET_ABOVE 20000

void kpm_stack_names_done(struct kpm_stack_names *o)
{
	for (uint32_t i = 0; i < o->function_count; i++) {
		free(o->functions[i].name);
		free(o->functions[i].module);
	}
	free(o->functions);
	free(o->stacks);
	free(o->of);
	kpm_map64_done(&o->by_name);
	kpm_map64_done(&o->by_stack);
}

void kpm_cut_suffix(char *name)
{
	char *dot = strchr(name, '.');

	if (dot && dot > name)
		*dot = '\0';
}

uint32_t kpm_stack_names_enter(struct kpm_stack_names *o, const char *name, const char *module)
{
	uint64_t hash = kpm_hash(kpm_hash(kpm_hash(KPM_HASH_BEGIN, name), "\n"), module);
	uint32_t *at = kpm_map64_put(&o->by_name, hash, o->function_count);
	struct kpm_function *f;

	if (!at)
		return KPM_NO_FUNCTION;
	if (*at < o->function_count)
		return *at;
	if (kpm_array_reserve(o->functions, o->function_capacity, o->function_count + 1))
		return KPM_NO_FUNCTION;
	f = &o->functions[o->function_count];
	*f = (struct kpm_function){.name = strdup(name),
				   .module = strdup(module),
				   .role = kpm_function_role_by(o->labels, name)};
	if (!f->name || !f->module) {
		free(f->name);
		free(f->module);
		return KPM_NO_FUNCTION;
	}
	return o->function_count++;
}

/* Splits `symbol+0x1f/0x2e0 [module]` and enters its function. */
static uint32_t function_of(struct kpm_stack_names *o, const char *text)
{
	char name[256], module[128] = "kernel", *plus;
	const char *bracket;

	snprintf(name, sizeof(name), "%s", text);
	bracket = strrchr(text, '[');
	plus = strstr(name, "+0x");
	if (!plus)
		return KPM_NO_FUNCTION;
	*plus = '\0';
	if (bracket && strchr(bracket, ']'))
		snprintf(module, sizeof(module), "%.*s", (int)strcspn(bracket + 1, "]"),
			 bracket + 1);
	kpm_cut_suffix(name);
	return kpm_stack_names_enter(o, name, module);
}

/*
 * Code that the kernel calls to start a module goes without an event once it has run: what lies there
 * now may be another's, whose name is right only if the module is on the stack besides.
 */
static void forget_init_code(const struct kpm_stack_names *o, struct kpm_named_stack *stack)
{
	for (uint32_t i = 1; i < stack->frames; i++) {
		uint32_t init = stack->frame[i - 1];
		bool besides = false;

		if (init == KPM_NO_FUNCTION || stack->frame[i] == KPM_NO_FUNCTION ||
		    strcmp(o->functions[stack->frame[i]].name, "do_one_initcall") ||
		    !strcmp(o->functions[init].module, "kernel"))
			continue;
		for (uint32_t k = 0; k + 1 < i; k++)
			besides |= stack->frame[k] != KPM_NO_FUNCTION &&
				   !strcmp(o->functions[stack->frame[k]].module,
					   o->functions[init].module);
		if (!besides)
			stack->frame[i - 1] = KPM_NO_FUNCTION;
	}
}

static void name_stack(struct kpm_stack_names *o, const struct kpm_samples *s,
		       const struct kpm_stack_of *from, struct kpm_named_stack *to)
{
	*to = (struct kpm_named_stack){from->hash, from->time_ns, from->frames, false, {0}};
	for (uint32_t i = 0; i < from->frames; i++) {
		const char *gone = kpm_samples_gone(s, from->ip[i], from->time_ns);
		char text[512];

		to->frame[i] = KPM_NO_FUNCTION;
		if (gone)
			to->frame[i] = function_of(o, gone);
		else if (o->ksyms && kpm_ksyms_name(o->ksyms, from->ip[i], text, sizeof(text)))
			to->frame[i] = function_of(o, text);
		if (to->frame[i] != KPM_NO_FUNCTION &&
		    o->functions[to->frame[i]].role == KPM_FUNCTION_INTERRUPT)
			to->interrupt = true;
	}
	forget_init_code(o, to);
}

int kpm_stack_names_update(struct kpm_stack_names *o, const struct kpm_samples *s)
{
	if (o->stack_count > 4 * s->stack_count + FORGET_ABOVE) {
		o->stack_count = 0;
		kpm_map64_clear(&o->by_stack);
	}
	if (kpm_array_reserve(o->of, o->of_capacity, s->stack_count))
		return -ENOMEM;
	/* code has come or gone: new stacks are named by the symbols of now */
	if (o->ksyms && o->modules != s->modules)
		kpm_ksyms_forget(o->ksyms);
	o->modules = s->modules;
	for (uint32_t i = 0; i < s->stack_count; i++) {
		const struct kpm_stack_of *from = &s->stacks[i];
		uint64_t key = from->hash ^ (uint64_t)from->time_ns * 0xc4ceb9fe1a85ec53ULL;
		uint32_t *at = kpm_map64_put(&o->by_stack, key, o->stack_count);

		if (!at)
			return -ENOMEM;
		o->of[i] = *at;
		if (*at < o->stack_count)
			continue;
		if (kpm_array_reserve(o->stacks, o->stack_capacity, o->stack_count + 1))
			return -ENOMEM;
		name_stack(o, s, from, &o->stacks[o->stack_count++]);
	}
	return 0;
}

const struct kpm_named_stack *kpm_stack_names_get(const struct kpm_stack_names *o, uint32_t stack)
{
	return &o->stacks[o->of[stack]];
}
