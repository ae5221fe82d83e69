/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/ledger.c: what of the ledger two commands at once see. */
#include "ledger.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"

#include "test.h"

static struct arena arena;
static int rootfd;
static char root[32];
static struct ledger_entry made;

static void publish(void)
{
	static const struct container container = {
		.version = LEDGER_VERSION,
		.id = "c1",
		.bundle = "/b",
		.rootfs = "/b/rootfs",
		.boot_id = "boot",
		.created = "2026-01-01T00:00:00Z",
		.oci_version = "1.3.0",
	};

	CHECK(!ledger_publish(rootfd, &arena, &container, "{}", 2, &made));
}

static void begin(void)
{
	strcpy(root, "/tmp/cruet-ledger.XXXXXX");
	CHECK(mkdtemp(root) && !arena_open_private(&arena, 1 << 20) && !ledger_root_open(root, false, &rootfd));
	publish();
}

static void end(void)
{
	arena_close(&arena);
	close(rootfd);
	CHECK(!rmdir(root));
}

/* Opened without the lock, and deleted then: that is how a container that does not exist is told, whatever is read. */
static void deleted_meanwhile(void)
{
	struct ledger_entry entry;
	struct container container;
	char *text;
	size_t n;

	begin();
	CHECK(!ledger_open(rootfd, "c1", -1, &entry));
	CHECK(!ledger_read(&entry, &arena, &container));
	CHECK(!ledger_remove(&made, "c1"));
	CHECK(ledger_read_config(&entry, &arena, &text, &n) == -ENOENT);
	CHECK(strstr(err_trail()->text, "container does not exist: 'c1'"));
	fail_forget();
	/* nor is another of that name it */
	publish();
	CHECK(ledger_read(&entry, &arena, &container) == -ENOENT);
	fail_forget();
	ledger_close(&entry);
	CHECK(!ledger_remove(&made, "c1"));
	end();
}

/* Where it is still there, a file that is missing is damage. */
static void damaged(void)
{
	char *text;
	size_t n;

	begin();
	CHECK(!ledger_unlink(&made, "config.json"));
	CHECK(ledger_read_config(&made, &arena, &text, &n) == -EBADMSG);
	fail_forget();
	CHECK(!ledger_remove(&made, "c1"));
	end();
}

/* A draft of a command that died is in nobody's way, and counts for nothing before it is taken. */
static void drafts(void)
{
	struct container container, read;

	begin();
	CHECK(!ledger_read(&made, &arena, &container));
	for (int i = 0; i < 2; i++) {
		container.pid = 7 + i;
		CHECK(!ledger_draft(&made, &arena, &container));
		CHECK(!ledger_read(&made, &arena, &read) && read.pid == 0);
	}
	CHECK(!ledger_take_draft(&made));
	CHECK(!ledger_read(&made, &arena, &read) && read.pid == 8);
	CHECK(!ledger_remove(&made, "c1"));
	end();
}

TEST_MAIN("ledger", {"deleted-meanwhile", deleted_meanwhile}, {"damaged", damaged}, {"drafts", drafts})
