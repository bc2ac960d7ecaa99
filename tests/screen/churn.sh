#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Heavy churn for the tests of the verdict: files, sockets, pipes and processes that come and go,
# on this machine alone, for so many seconds. It holds nothing on purpose.
#	churn.sh SECONDS
end=$((SECONDS + $1))
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
while [ $SECONDS -lt $end ]; do
	for i in 1 2 3 4 5 6 7 8 9 10; do
		echo "$i" >"$work/file$i"
		tr a b <"$work/file$i" | wc -c >/dev/null
	done
	rm -f "$work"/file*
	python3 - <<-'P'
		import os, socket
		for _ in range(200):
		    a, b = socket.socketpair()
		    a.send(b'x' * 4000)
		    b.recv(4000)
		    a.close()
		    b.close()
		    r, w = os.pipe()
		    os.write(w, b'y' * 3000)
		    os.close(r)
		    os.close(w)
		s = socket.socket()
		s.bind(('127.0.0.1', 0))
		s.listen()
		for _ in range(50):
		    c = socket.create_connection(s.getsockname())
		    d, _ = s.accept()
		    c.sendall(b'z' * 10000)
		    d.recv(10000)
		    c.close()
		    d.close()
	P
done
