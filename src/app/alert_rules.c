// SPDX-License-Identifier: GPL-2.0-or-later
/* Collects the alert rules of the command line and of files. */
#include <errno.h>
#include <unistd.h>

#include "app/alert_rules.h"

int kpm_alert_rules(const struct kpm_options *o, struct kpm_rules **rules, struct kpm_err *err)
{
	struct kpm_rules *r = kpm_rules_new();
	int ret = r ? 0 : kpm_fail(err, -ENOMEM, "out of memory");

	for (size_t i = 0; !ret && i < o->alerts.count; i++)
		ret = kpm_rules_add(r, "--alert", o->alerts.item[i], err);
	if (!ret && o->alerts_file)
		ret = kpm_rules_read(r, o->alerts_file, err);
	else if (!ret && !o->alerts.count && !access(KPM_ALERTS_FILE, F_OK))
		ret = kpm_rules_read(r, KPM_ALERTS_FILE, err);
	if (ret) {
		kpm_rules_free(r);
		return ret;
	}
	*rules = r;
	return 0;
}
