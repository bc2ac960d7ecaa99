// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Takes the terminal and gives it back: at the end, when the process is suspended (curses does
 * that), and when it crashes. Colours and attributes of the styles.
 */
#include <errno.h>
#include <langinfo.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "console/terminal.h"

/*
 * How long ESC may be the beginning of another key's sequence. Terminals send a sequence in one
 * piece, so that little suffices, and the eye does not see the delay of the key ESC.
 */
#define ESCAPE_MS 25

/* All signals that end a process and that the program does not wait for. */
static const int crashes[] = {SIGSEGV, SIGBUS,    SIGFPE,  SIGILL,  SIGABRT,
			      SIGQUIT, SIGTRAP,   SIGSYS,  SIGUSR1, SIGUSR2,
			      SIGALRM, SIGVTALRM, SIGPROF, SIGXCPU, SIGXFSZ};

/* Leaves the screen, then ends as without a handler. */
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
	init_pair(STYLE_GROW, COLOR_RED, -1);
	init_pair(STYLE_SHRINK, COLOR_GREEN, -1);
	init_pair(STYLE_WARN, COLOR_RED, -1);
}

static attr_t attributes_of(const struct kpm_console *c, enum style style)
{
	switch (style) {
	case STYLE_GROW:
	case STYLE_SHRINK:
		return c->colours ? COLOR_PAIR(style) : A_NORMAL;
	case STYLE_WARN:
		return A_BOLD | (c->colours ? COLOR_PAIR(style) : A_NORMAL);
	case STYLE_HEADING:
	case STYLE_SELECTED:
		return A_REVERSE;
	case STYLE_BOLD:
		return A_BOLD;
	case STYLE_PLAIN:
		break;
	}
	return A_NORMAL;
}

int put_at(const struct kpm_console *c, int y, int x, enum style style, const char *fmt, ...)
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
	attrset(attributes_of(c, style));
	mvaddnstr(y, x, text, len);
	attrset(A_NORMAL);
	text[len] = '\0';
	return x + kpm_text_width(text);
}

int terminal_begin(struct kpm_console *c, const struct kpm_console_opts *opts)
{
	c->utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	c->screen = newterm(opts->terminal_type, opts->out ? opts->out : stdout,
			    opts->in ? opts->in : stdin);
	if (!c->screen)
		return -ENOTTY;
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(ESCAPE_MS);
	curs_set(0);
	mousemask(BUTTON1_PRESSED | BUTTON1_CLICKED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
	mouseinterval(0);
	start_colours(c);
	catch_crashes(crashed);
	return 0;
}

void terminal_end(struct kpm_console *c)
{
	catch_crashes(SIG_DFL);
	endwin();
	delscreen(c->screen);
}
