#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <kpoolmon/source.h>
int main(int c,char**v){struct kpm_live_opts o={.objects=c>2?atol(v[2]):0};struct kpm_err e;struct kpm_source*s;struct kpm_snapshot n;
struct kpm_tagset*t=kpm_tagset_new();kpm_snapshot_init(&n);
if(kpm_live_open(&o,t,&s,&e)){fprintf(stderr,"%s\n",e.text);return 1;}
fprintf(stderr,"attached\n");sleep(atoi(v[1]));
if(s->ops->sample(s,&n,&e)){fprintf(stderr,"%s\n",e.text);return 1;}
for(unsigned i=0;i<n.count;i++){struct kpm_counts k=kpm_row_sum(&n.rows[i]);const struct kpm_tag_name*m=kpm_tagset_get(t,i);
printf("%-40s %-30s %8lu %8lu %8lu %10lu %10lu miss %lu ref %lu\n",m->text,m->cache,k.allocs,k.frees,k.diff,k.bytes,k.asked,k.missed,k.refused);}
printf("tags %u/%u objs %lu/%lu kern %lu loss: skipped %lu rescued %lu lost %lu allocs %lu refused %lu tagsfull %lu missed %lu\n",n.room.tags,n.room.tags_max,n.room.objects,n.room.objects_rated,n.room.kernel_bytes,n.loss.skipped,n.loss.rescued,n.loss.lost_max,n.loss.allocs,n.loss.refused,n.loss.tags_full,n.loss.missed);
kpm_source_close(s);kpm_snapshot_done(&n);kpm_tagset_free(t);}
