// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Takes the terminal and gives it back: at the end, when the process is suspended (curses sees to
 * that), and when it crashes. Colours and attributes.
 */
#include <errno.h>
#include <langinfo.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "console/screen.h"

/* Every signal that ends a process and that nobody here waits for. */
static const int crashes[] = {SIGSEGV, SIGBUS,    SIGFPE,  SIGILL,  SIGABRT,
			      SIGQUIT, SIGTRAP,   SIGSYS,  SIGUSR1, SIGUSR2,
			      SIGALRM, SIGVTALRM, SIGPROF, SIGXCPU, SIGXFSZ};

/* Leaves the screen, then crashes as it would have. */
static void crashed(int sig)
{
	endwin();
	signal(sig, SIG_DFL);
	raise(sig);
}

static void catch_crashes(void (*handler)(int))
{
	for (size_t i = 0; i < sizeof(crashes) / sizeof(*crashes); i++)
		signal(crashes[i], handler);
}

static void start_colours(struct kpm_console *c)
{
	const char *no = getenv("NO_COLOR");

	c->colours = !(no && *no) && has_colors();
	if (!c->colours)
		return;
	start_color();
	use_default_colors();
	init_pair(LOOK_GROW, COLOR_RED, -1);
	init_pair(LOOK_SHRINK, COLOR_GREEN, -1);
	init_pair(LOOK_WARN, COLOR_RED, -1);
}

attr_t look_of(const struct kpm_console *c, enum look look)
{
	switch (look) {
	case LOOK_GROW:
	case LOOK_SHRINK:
		return c->colours ? COLOR_PAIR(look) : A_NORMAL;
	case LOOK_WARN:
		return A_BOLD | (c->colours ? COLOR_PAIR(look) : A_NORMAL);
	case LOOK_HEADING:
	case LOOK_SELECTED:
		return A_REVERSE;
	case LOOK_BOLD:
		return A_BOLD;
	case LOOK_PLAIN:
		break;
	}
	return A_NORMAL;
}

int put_at(const struct kpm_console *c, int y, int x, enum look look, const char *fmt, ...)
{
	char text[1024];
	va_list args;
	int room = COLS - x, len = 0;

	if (y < 0 || y >= LINES || room <= 0)
		return x;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	/* whole characters only */
	for (int width = 0; text[len]; len++) {
		if (((unsigned char)text[len] & 0xc0) != 0x80 && ++width > room)
			break;
	}
	attrset(look_of(c, look));
	mvaddnstr(y, x, text, len);
	attrset(A_NORMAL);
	text[len] = '\0';
	return x + kpm_text_width(text);
}

int kpm_console_open(const struct kpm_console_opts *opts, struct kpm_console **console,
		     struct kpm_err *err)
{
	struct kpm_console *c = calloc(1, sizeof(*c));
	int ret = -ENOMEM;

	if (!c)
		return kpm_fail(err, -ENOMEM, "out of memory");
	c->state.view = opts->view;
	c->state.view.find = c->find;
	if (!c->state.view.sort)
		c->state.view.sort = kpm_column_find("bytes");
	c->state.interval_ns = opts->interval_ns;
	c->state.selected = KPM_NO_TAG;
	c->highlight = !opts->no_highlight;
	c->totals = opts->totals;
	c->exact = opts->exact;
	c->utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	strcpy(c->file, "kpoolmon.txt");
	if (opts->config_dir && asprintf(&c->config_file, "%s/columns", opts->config_dir) < 0) {
		c->config_file = NULL;
		goto fail;
	}
	usual_columns(c, opts->labels);
	if (opts->columns.count)
		c->columns = opts->columns;
	else
		load_columns(c);
	c->screen = newterm(opts->terminal_type, opts->out ? opts->out : stdout,
			    opts->in ? opts->in : stdin);
	ret = -ENOTTY;
	if (!c->screen)
		goto fail;
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(25);
	curs_set(0);
	mousemask(BUTTON1_PRESSED | BUTTON1_CLICKED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
	mouseinterval(0);
	start_colours(c);
	catch_crashes(crashed);
	*console = c;
	return 0;
fail:
	free(c->config_file);
	free(c);
	return ret == -ENOMEM
		       ? kpm_fail(err, ret, "out of memory")
		       : kpm_fail(err, ret, "the terminal cannot be drawn on; is TERM right?");
}

void kpm_console_close(struct kpm_console *c)
{
	if (!c)
		return;
	catch_crashes(SIG_DFL);
	endwin();
	delscreen(c->screen);
	free(c->config_file);
	free(c);
}
