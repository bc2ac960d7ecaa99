// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Stacks as a flame graph: one SVG file for a browser, without any other file and without the
 * network. The width of a frame is what is outstanding behind it, in bytes; from the bottom up:
 * everything, the process, its system call, ..., the allocation. A click zooms, a second one or a
 * click on the lowest frame goes back; Ctrl-F or the field searches by a regular expression.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/hash.h"
#include "base/text.h"
#include "sink/stacks.h"

#define WIDTH     1200
#define MARGIN    10
#define HEAD      60
#define ROW       17
#define TEXT_SIZE 11
/* Narrower frames are left out: nobody can see them. */
#define LEAST 0.3

struct node {
	char *name;
	const char *module; /* borrowed; NULL: a process or everything */
	double bytes, objects;
	uint32_t child, next; /* 0: none */
};

struct graph {
	struct node *nodes; /* 0 is everything */
	uint32_t count, capacity;
	unsigned int depth;
};

static int new_node(struct graph *g, const char *name, const char *module)
{
	if (kpm_array_reserve(g->nodes, g->capacity, g->count + 1))
		return -ENOMEM;
	g->nodes[g->count] = (struct node){.name = strdup(name), .module = module};
	if (!g->nodes[g->count].name)
		return -ENOMEM;
	return g->count++;
}

/* The child of that name, made if there is none. */
static int child_of(struct graph *g, uint32_t parent, const char *name, const char *module)
{
	uint32_t *link = &g->nodes[parent].child;
	int made;

	while (*link) {
		if (!strcmp(g->nodes[*link].name, name))
			return *link;
		link = &g->nodes[*link].next;
	}
	made = new_node(g, name, module);
	if (made < 0)
		return made;
	/* the array may have moved: the new one goes in front */
	g->nodes[made].next = g->nodes[parent].child;
	g->nodes[parent].child = made;
	return made;
}

static int add_path(struct graph *g, const struct kpm_held *held, const struct kpm_held_stack *s,
		    const char *process, double objects, double bytes)
{
	unsigned int depth = 2;
	int at = child_of(g, 0, process, NULL);

	if (at < 0)
		return at;
	g->nodes[0].bytes += bytes;
	g->nodes[0].objects += objects;
	g->nodes[at].bytes += bytes;
	g->nodes[at].objects += objects;
	for (uint32_t i = s->frame_count; i > 0; i--, depth++) {
		const struct kpm_tag_name *name = kpm_tagset_get(held->frames, s->frames[i - 1]);

		at = child_of(g, at, name->symbol ? name->symbol : name->text,
			      name->module ? name->module : "");
		if (at < 0)
			return at;
		g->nodes[at].bytes += bytes;
		g->nodes[at].objects += objects;
	}
	if (!s->frame_count) {
		at = child_of(g, at, kpm_tagset_get(held->tags, s->tag)->text, "");
		if (at < 0)
			return at;
		g->nodes[at].bytes += bytes;
		g->nodes[at].objects += objects;
		depth++;
	}
	if (depth > g->depth)
		g->depth = depth;
	return 0;
}

static int build(struct graph *g, const struct kpm_held *held)
{
	int ret = new_node(g, "all", NULL);

	for (uint32_t i = 0; ret >= 0 && i < held->count; i++) {
		const struct kpm_held_stack *s = &held->stacks[i];

		if (!s->process_count)
			ret = add_path(g, held, s, "(not sampled)", s->objects, s->bytes);
		for (uint32_t k = 0; ret >= 0 && k < s->process_count; k++)
			ret = add_path(g, held, s,
				       kpm_who_get(held->who, s->processes[k].party)->name,
				       s->processes[k].objects, s->processes[k].bytes);
	}
	return ret < 0 ? ret : 0;
}

static void put_xml(FILE *out, const char *raw)
{
	char buf[KPM_CLEAN_LEN];

	for (const char *p = kpm_clean(raw, buf, sizeof(buf)); *p; p++)
		switch (*p) {
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '&':
			fputs("&amp;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		default:
			fputc(*p, out);
		}
}

/* The kernel's own code is of warm colours, modules of cold ones, processes grey. */
static void colour(const struct node *n, int rgb[3])
{
	uint64_t hash = kpm_hash(KPM_HASH_BEGIN, n->name);
	int a = hash % 55, b = hash / 64 % 55;

	if (!n->module) {
		rgb[0] = rgb[1] = rgb[2] = 205 + a / 3;
	} else if (!strcmp(n->module, "kernel") || !*n->module) {
		rgb[0] = 235 + a / 3;
		rgb[1] = 150 + a;
		rgb[2] = 80 + b;
	} else {
		hash = kpm_hash(KPM_HASH_BEGIN, n->module);
		rgb[0] = 90 + hash % 60;
		rgb[1] = 165 + b;
		rgb[2] = 200 + a;
	}
}

static void put_node(FILE *out, const struct graph *g, uint32_t at, double x, unsigned int level)
{
	const struct node *n = &g->nodes[at];
	double scale = (WIDTH - 2 * MARGIN) / (g->nodes[0].bytes > 0 ? g->nodes[0].bytes : 1);
	double width = n->bytes * scale, y = HEAD + (double)(g->depth - level) * ROW;
	char size[KPM_SIZE_LEN];
	int rgb[3];

	if (width < LEAST)
		return;
	colour(n, rgb);
	fprintf(out, "<g class=\"f\" data-x=\"%.2f\" data-w=\"%.2f\" data-l=\"%u\"><title>", x,
		width, level);
	put_xml(out, n->name);
	if (n->module && *n->module && strcmp(n->module, "kernel")) {
		fputs(" [", out);
		put_xml(out, n->module);
		fputc(']', out);
	}
	fprintf(out, ": %s in %.0f objects, %.1f%%</title>", kpm_format_size(n->bytes, size),
		n->objects, g->nodes[0].bytes > 0 ? 100 * n->bytes / g->nodes[0].bytes : 0);
	fprintf(out,
		"<rect x=\"%.2f\" y=\"%.0f\" width=\"%.2f\" height=\"%d\" rx=\"2\" "
		"fill=\"rgb(%d,%d,%d)\"/><text x=\"%.2f\" y=\"%.0f\"></text></g>\n",
		x, y, width, ROW - 1, rgb[0], rgb[1], rgb[2], x + 3, y + ROW - 5);
	for (uint32_t c = n->child; c; c = g->nodes[c].next) {
		put_node(out, g, c, x, level + 1);
		x += g->nodes[c].bytes * scale;
	}
}

/* Texts are cut to their frames, by the browser, as zooming changes the widths. */
static const char script[] =
	"var W=1180,M=10,F=[].slice.call(document.querySelectorAll('g.f')),Z=null;\n"
	"function fit(g,x,w){var r=g.querySelector('rect'),t=g.querySelector('text'),\n"
	"n=g.querySelector('title').textContent.replace(/: [^:]*$/,''),c=Math.floor((w-6)/6.6);\n"
	"r.setAttribute('x',x);r.setAttribute('width',Math.max(w,0));t.setAttribute('x',x+3);\n"
	"t.textContent=c<3?'':n.length<=c?n:n.slice(0,c-2)+'..'}\n"
	"function show(z){var zx=z?+z.dataset.x:M,zw=z?+z.dataset.w:W,zl=z?+z.dataset.l:0,k=W/zw;\n"
	"F.forEach(function(g){var x=+g.dataset.x,w=+g.dataset.w,l=+g.dataset.l,\n"
	"below=z&&l<zl&&x<=zx+.01&&x+w>=zx+zw-.01,inside=x>=zx-.01&&x+w<=zx+zw+.01;\n"
	"g.style.display=!z||below||(l>=zl&&inside)?'':'none';\n"
	"g.classList.toggle('b',!!below);\n"
	"if(below)fit(g,M,W);else fit(g,M+(x-zx)*k,w*k)});Z=z}\n"
	"function find(s){var e=null,sum=0,spans=[];try{e=s?new RegExp(s,'i'):null}catch(x){}\n"
	"F.forEach(function(g){var hit=e&&e.test(g.querySelector('title').textContent);\n"
	"g.classList.toggle('h',!!hit);if(hit)spans.push([+g.dataset.x,+g.dataset.w])});\n"
	"spans.sort(function(a,b){return a[0]-b[0]});var end=-1;\n"
	"spans.forEach(function(p){if(p[0]>=end-.01){sum+=p[1];end=p[0]+p[1]}});\n"
	"document.getElementById('found').textContent=e?'found: '+(100*sum/W).toFixed(1)+'%':''}\n"
	"F.forEach(function(g){g.addEventListener('click',function(){\n"
	"show(g===Z||g.dataset.l==='0'?null:g)})});\n"
	"document.getElementById('search').addEventListener('input',function(){find(this.value)});\n"
	"document.addEventListener('keydown',function(e){if(e.ctrlKey&&e.key==='f'){\n"
	"e.preventDefault();document.getElementById('search').focus()}});\n"
	"show(null);\n";

static void put_head(FILE *out, const struct graph *g, const struct kpm_held *held)
{
	char size[KPM_SIZE_LEN], time[KPM_TIME_LEN];
	double height = HEAD + (g->depth + 1.0) * ROW + MARGIN;

	fprintf(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %.0f\" width=\"100%%\">\n"
		"<style>text{font:%dpx monospace;fill:#222;pointer-events:none}"
		".f{cursor:pointer}.f:hover rect{stroke:#222}.b rect{opacity:.5}"
		".h rect{fill:#b05cff}.t{font-size:15px}"
		"input{width:95%%;font:12px monospace}svg{background:#fff}</style>\n"
		"<text class=\"t\" x=\"%d\" y=\"22\">Outstanding kernel memory: %s in %" PRIu64
		" objects</text>\n<text x=\"%d\" y=\"42\">",
		WIDTH, height, TEXT_SIZE, MARGIN, kpm_format_size(held->bytes, size), held->objects,
		MARGIN);
	put_xml(out, held->host);
	fputs(", Linux ", out);
	put_xml(out, held->kernel);
	fprintf(out,
		", %s; %" PRIu32 " samples</text>\n"
		"<foreignObject x=\"%d\" y=\"8\" width=\"240\" height=\"26\">"
		"<input xmlns=\"http://www.w3.org/1999/xhtml\" id=\"search\" "
		"placeholder=\"search (Ctrl-F)\"/></foreignObject>\n"
		"<text id=\"found\" x=\"%d\" y=\"48\"></text>\n",
		kpm_format_time(held->wall_ns, time), held->samples, WIDTH - MARGIN - 240,
		WIDTH - MARGIN - 238);
}

int kpm_stacks_svg(FILE *out, const struct kpm_held *held)
{
	struct graph g = {.depth = 1};
	int ret = build(&g, held);

	if (!ret) {
		put_head(out, &g, held);
		put_node(out, &g, 0, MARGIN, 0);
		fprintf(out, "<script><![CDATA[\n%s]]></script>\n</svg>\n", script);
	}
	for (uint32_t i = 0; i < g.count; i++)
		free(g.nodes[i].name);
	free(g.nodes);
	return ret;
}
