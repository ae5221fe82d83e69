/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/dbus_peer.c: our D-Bus client against sd-bus. A child plays bus and service manager with it: what it was
 * asked comes back as text, so each message of ours was decoded by sd-bus, and each of its own by us.
 */
#include "test.h"

#ifndef HAVE_SD_BUS

int main(void)
{
	printf("skip unit/dbus_peer: no libsystemd to hold it against (tests/deps.sh test), or LINK=static\n");
	return 0;
}

#else

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "base/str.h"
#include "kernel/cgroup_systemd.h"
#include "kernel/dbus.h"

/* ---- the peer ---- */

struct peer {
	FILE *log;
	bool was_reset;
};

static void show(FILE *out, sd_bus_message *m);

static void show_container(FILE *out, sd_bus_message *m, char type, const char *contents)
{
	if (sd_bus_message_enter_container(m, type, contents) < 0)
		return;
	fputc(type == 'v' ? '<' : '(', out);
	show(out, m);
	fputc(type == 'v' ? '>' : ')', out);
	sd_bus_message_exit_container(m);
}

static void show_basic(FILE *out, sd_bus_message *m, char type)
{
	union {
		const char *s;
		uint64_t t;
		uint32_t u;
		int b;
		uint8_t y;
	} v = { 0 };

	if (sd_bus_message_read_basic(m, type, &v) < 0)
		fputs(" unreadable", out);
	else if (type == 's' || type == 'o')
		fprintf(out, " %s", v.s);
	else
		fprintf(out, " %c%llu", type,
			(unsigned long long)(type == 't' || type == 'x' ? v.t :
					     type == 'y'		? v.y :
									  v.u));
}

/* All that is left at this level. */
static void show(FILE *out, sd_bus_message *m)
{
	const char *contents;
	char type;

	while (sd_bus_message_peek_type(m, &type, &contents) > 0)
		if (type == 'a' || type == 'r' || type == 'v')
			show_container(out, m, type, contents);
		else
			show_basic(out, m, type);
}

static int send_from_bus(sd_bus_message *m)
{
	int r = sd_bus_message_set_sender(m, ":1.1");

	return r < 0 ? r : sd_bus_send(NULL, m, NULL);
}

static int send_removed(sd_bus *bus, const char *job, const char *unit, const char *result)
{
	sd_bus_message *m = NULL;
	int r = sd_bus_message_new_signal(bus, &m, "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager",
					  "JobRemoved");

	if (r >= 0)
		r = sd_bus_message_append(m, "uoss", 7u, job, unit, result);
	if (r >= 0)
		r = send_from_bus(m);
	sd_bus_message_unref(m);
	return r;
}

/* "v" is the cgroup of a unit. */
static int send_reply(sd_bus_message *call, const char *type, const char *text)
{
	sd_bus_message *m = NULL;
	int r = sd_bus_message_new_method_return(call, &m);

	if (r >= 0 && type)
		r = type[0] == 'v' ? sd_bus_message_append(m, "v", "s", text) : sd_bus_message_append(m, type, text);
	if (r >= 0)
		r = send_from_bus(m);
	sd_bus_message_unref(m);
	return r;
}

static int send_error(sd_bus_message *call, const char *name, const char *text)
{
	const sd_bus_error error = SD_BUS_ERROR_MAKE_CONST(name, text);

	return sd_bus_reply_method_error(call, &error);
}

/* Another's job ends before; and the name of the unit says what is to happen to it. */
static int start_or_stop(struct peer *p, sd_bus_message *m, const char *unit, const char *text)
{
	sd_bus *bus = sd_bus_message_get_bus(m);
	const char *result = starts_with(unit, "fails") ? "failed" : "done";

	if (starts_with(unit, "there") || (starts_with(unit, "failed") && !p->was_reset))
		return send_error(m, "org.freedesktop.systemd1.UnitExists", "Unit was already loaded.");
	if (starts_with(unit, "gone"))
		return send_error(m, "org.freedesktop.systemd1.NoSuchUnit", "Unit not loaded.");
	if (starts_with(unit, "old") && strstr(text, "MemoryZSwapMax"))
		return send_error(m, "org.freedesktop.DBus.Error.PropertyReadOnly",
				  "Cannot set property MemoryZSwapMax, or unknown property.");
	if (starts_with(unit, "refused"))
		return send_error(m, "org.freedesktop.DBus.Error.InvalidArgs", "Value out of range.");
	/* the signal may be faster than the reply, but not here: systemd replies first */
	if (send_removed(bus, "/job/1", "other.scope", "failed") < 0 || send_reply(m, "o", "/job/2") < 0)
		return -EIO;
	return send_removed(bus, "/job/2", unit, result);
}

static int answer(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct peer *p = userdata;
	const char *member = sd_bus_message_get_member(m), *unit = "";
	char text[2048] = "";
	FILE *out;

	(void)error;
	if (streq(member, "Disconnected")) /* it tells itself */
		return 0;
	out = fmemopen(text, sizeof(text), "w");
	show(out, m);
	fclose(out);
	fprintf(p->log, "%s %s %s.%s%s\n", sd_bus_message_get_destination(m), sd_bus_message_get_path(m),
		sd_bus_message_get_interface(m), member, text);
	fflush(p->log);
	sd_bus_message_rewind(m, true);
	if (streq(member, "Hello"))
		return send_reply(m, "s", ":1.7");
	if (streq(member, "ResetFailedUnit"))
		p->was_reset = true;
	if (streq(member, "GetUnit"))
		return send_reply(m, "o", "/unit/x");
	if (streq(member, "Get"))
		return send_reply(m, "v", "/user@1000.service/a.slice/x.scope");
	if (starts_with(member, "Start") || starts_with(member, "Stop")) {
		sd_bus_message_read_basic(m, 's', &unit);
		return start_or_stop(p, m, unit, text);
	}
	return send_reply(m, NULL, NULL);
}

static void serve(int listener, int log)
{
	struct peer p = { .log = fdopen(log, "w") };
	int fd = accept(listener, NULL, NULL);
	sd_bus *bus = NULL;
	sd_id128_t id;

	if (sd_id128_randomize(&id) < 0 || sd_bus_new(&bus) < 0 || sd_bus_set_fd(bus, fd, fd) < 0 ||
	    sd_bus_set_server(bus, true, id) < 0 || sd_bus_add_filter(bus, NULL, answer, &p) < 0 ||
	    sd_bus_start(bus) < 0)
		_exit(1);
	for (;;) {
		int r = sd_bus_process(bus, NULL);

		if (r < 0 || (r == 0 && sd_bus_wait(bus, 10000000) <= 0))
			_exit(0);
	}
}

/* ---- this side ---- */

struct talk {
	char dir[32], address[64], heard[8192];
	struct arena arena;
	struct unit_bus bus;
	int log;
	pid_t peer;
};

static bool talk_begin(struct talk *t)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), log[2];

	*t = (struct talk){ .dir = "/tmp/cruet-dbus.XXXXXX" };
	fail_forget();
	if (!mkdtemp(t->dir) || pipe(log))
		return false;
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/bus", t->dir);
	snprintf(t->address, sizeof(t->address), "unix:path=%s", addr.sun_path);
	if (arena_open_private(&t->arena, 16 << 20) < 0 || bind(listener, (struct sockaddr *)&addr, sizeof(addr)) ||
	    listen(listener, 1))
		return false;
	t->peer = fork();
	if (t->peer == 0) {
		close(log[0]);
		serve(listener, log[1]);
	}
	close(listener);
	close(log[1]);
	t->log = log[0];
	t->bus = (struct unit_bus){ .addresses = t->address, .deadline_ms = now_ms() + 20000 };
	return t->peer > 0;
}

/* What the peer has heard after Hello. */
static const char *talk_end(struct talk *t)
{
	static const char hello[] = "org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus.Hello\n";
	size_t n = 0;
	ssize_t some;
	char path[64];

	while ((some = read(t->log, t->heard + n, sizeof(t->heard) - 1 - n)) > 0)
		n += (size_t)some;
	t->heard[n] = '\0';
	close(t->log);
	waitpid(t->peer, NULL, 0);
	snprintf(path, sizeof(path), "%s/bus", t->dir);
	unlink(path);
	rmdir(t->dir);
	arena_close(&t->arena);
	return starts_with(t->heard, hello) ? t->heard + strlen(hello) : t->heard;
}

#define SYSTEMD "org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager."
#define MATCH(unit)                                                                                                  \
	"org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus.AddMatch type='signal',"                     \
	"sender='org.freedesktop.systemd1',path='/org/freedesktop/systemd1',"                                         \
	"interface='org.freedesktop.systemd1.Manager',member='JobRemoved',arg2='" unit "'\n"
#define LOOK                                                                                                         \
	SYSTEMD "GetUnit x.scope\n"                                                                                   \
		"org.freedesktop.systemd1 /unit/x org.freedesktop.DBus.Properties.Get "                               \
		"org.freedesktop.systemd1.Scope ControlGroup\n"
#define OWN                                                                                                          \
	"( Description< d>)( Slice< a.slice>)( Delegate< b1>)( DefaultDependencies< b0>)( MemoryAccounting< b1>)"      \
	"( CPUAccounting< b1>)( IOAccounting< b1>)( TasksAccounting< b1>)( PIDs<( u77)>)"

#define OWN_V1                                                                                                       \
	"( Description< d>)( Slice< a.slice>)( Delegate< b1>)( DefaultDependencies< b0>)( MemoryAccounting< b1>)"      \
	"( CPUAccounting< b1>)( BlockIOAccounting< b1>)( TasksAccounting< b1>)"                                        \
	"( DeviceAllow<(( char-* rwm)( block-* rwm))>)( PIDs<( u77)>)"

/* A value of each type. */
static const struct unit_property each[] = {
	{ .name = "SendSIGHUP", .type = UNIT_BOOL, .number = 1 },
	{ .name = "KillSignal", .type = UNIT_I32, .number = 15 },
	{ .name = "ManagedOOMMemoryPressureLimit", .type = UNIT_U32, .number = 4000000000u },
	{ .name = "Nice", .type = UNIT_I64, .number = 5 },
	{ .name = "MemoryMax", .type = UNIT_U64, .number = UINT64_MAX },
	{ .name = "CollectMode", .type = UNIT_STRING, .text = "inactive" },
	{ .name = "After", .type = UNIT_STRINGS, .number = 2, .text = "a.service\0b.service" },
	{ .name = "AllowedCPUs", .type = UNIT_BYTES, .number = 3, .text = "\x01\x02\x80" },
	{ .name = "AllowedMemoryNodes", .type = UNIT_BYTES, .number = 0, .text = "" },
	{ .name = "IOReadBandwidthMax", .type = UNIT_DEVICE_U64, .number = 1000, .text = "/dev/block/8:0" },
	{ .name = "DeviceAllow", .type = UNIT_DEVICES, .number = 0, .text = "" },
	{ .name = "DeviceAllow", .type = UNIT_DEVICES, .number = 2, .text = "char-*\0m\0/dev/char/1:3\0rwm" },
	{ .name = "MemoryZSwapMax", .type = UNIT_U64, .number = 1, .optional = true },
};
#define EACH                                                                                                         \
	"( SendSIGHUP< b1>)( KillSignal< i15>)( ManagedOOMMemoryPressureLimit< u4000000000>)( Nice< x5>)"              \
	"( MemoryMax< t18446744073709551615>)( CollectMode< inactive>)( After<( a.service b.service)>)"                \
	"( AllowedCPUs<( y1 y2 y128)>)( AllowedMemoryNodes<()>)( IOReadBandwidthMax<(( /dev/block/8:0 t1000))>)" \
	"( DeviceAllow<()>)( DeviceAllow<(( char-* m)( /dev/char/1:3 rwm))>)"

static int start(struct talk *t, const char *name, size_t properties)
{
	const struct unit unit = {
		.name = name, .slice = "a.slice", .description = "d", .properties = { each, properties }
	};

	return unit_start(&t->arena, &t->bus, &unit, 77);
}

static const char *said(void)
{
	static char line[1024];

	return fail_line(line, sizeof(line));
}

static void test_start(void)
{
	struct talk t;

	CHECK(talk_begin(&t));
	CHECK(start(&t, "x.scope", ARRAY_SIZE(each)) == 0);
	CHECK_STR(talk_end(&t), MATCH("x.scope") SYSTEMD "StartTransientUnit x.scope fail(" OWN EACH
							 "( MemoryZSwapMax< t1>))()\n");
}

/* With a list of devices from the beginning, which is not a limit yet. */
static void test_start_on_v1(void)
{
	const struct unit unit = { .name = "x.scope", .slice = "a.slice", .description = "d", .v1 = true };
	struct talk t;

	CHECK(talk_begin(&t));
	CHECK(unit_start(&t.arena, &t.bus, &unit, 77) == 0);
	CHECK_STR(talk_end(&t), MATCH("x.scope") SYSTEMD "StartTransientUnit x.scope fail(" OWN_V1 ")()\n");
}

/* A property that an older systemd does not know is left out, where it need not be. */
static void test_start_with_old_systemd(void)
{
	struct talk t;

	CHECK(talk_begin(&t));
	CHECK(start(&t, "old.scope", ARRAY_SIZE(each)) == 0);
	CHECK_STR(talk_end(&t), MATCH("old.scope") SYSTEMD "StartTransientUnit old.scope fail(" OWN EACH
							   "( MemoryZSwapMax< t1>))()\n" SYSTEMD
							   "StartTransientUnit old.scope fail(" OWN EACH ")()\n");
}

static void test_start_where_one_has_failed(void)
{
	struct talk t;

	CHECK(talk_begin(&t));
	CHECK(start(&t, "failed.scope", 0) == 0);
	CHECK_STR(talk_end(&t),
		  MATCH("failed.scope") SYSTEMD "StartTransientUnit failed.scope fail(" OWN ")()\n" SYSTEMD
						"ResetFailedUnit failed.scope\n" SYSTEMD
						"StartTransientUnit failed.scope fail(" OWN ")()\n");
}

/* Every error names the unit, and says what systemd said. */
static void test_start_refused(void)
{
	static const struct {
		const char *unit, *says;
		int error;
	} rows[] = {
		{ "there.scope", "Unit was already loaded.", -EEXIST },
		{ "refused.scope", "Value out of range.", -EREMOTEIO },
		{ "fails.scope", "its job ended with 'failed'", -EREMOTEIO },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct talk t;

		CHECK(talk_begin(&t));
		CHECK(start(&t, rows[i].unit, 0) == rows[i].error);
		CHECK(strstr(said(), rows[i].unit));
		CHECK(strstr(said(), rows[i].says));
		talk_end(&t);
	}
}

static void test_stop(void)
{
	struct talk t;

	CHECK(talk_begin(&t));
	CHECK(unit_stop(&t.arena, &t.bus, "x.scope", NULL) == 0);
	CHECK_STR(talk_end(&t),
		  MATCH("x.scope") SYSTEMD "StopUnit x.scope replace\n" SYSTEMD "ResetFailedUnit x.scope\n");
	CHECK(talk_begin(&t));
	CHECK(unit_stop(&t.arena, &t.bus, "gone.scope", NULL) == 0);
	CHECK_STR(talk_end(&t), MATCH("gone.scope") SYSTEMD "StopUnit gone.scope replace\n");
	CHECK(talk_begin(&t));
	CHECK(unit_stop(&t.arena, &t.bus, "fails.scope", NULL) == -EREMOTEIO);
	CHECK(strstr(said(), "fails.scope"));
	talk_end(&t);
}

/* Of a create that did not come to its end: the unit may be another's. */
static void test_stop_what_is_ours(void)
{
	struct talk t;

	CHECK(talk_begin(&t));
	CHECK(unit_stop(&t.arena, &t.bus, "x.scope", "/elsewhere/b.slice/x.scope") == 0);
	CHECK_STR(talk_end(&t), LOOK);
	CHECK(talk_begin(&t));
	CHECK(unit_stop(&t.arena, &t.bus, "x.scope", "/elsewhere/a.slice/x.scope") == 0);
	CHECK_STR(talk_end(&t), LOOK MATCH("x.scope") SYSTEMD "StopUnit x.scope replace\n" SYSTEMD
							      "ResetFailedUnit x.scope\n");
}

static void test_set(void)
{
	const struct unit_properties properties = { each, ARRAY_SIZE(each) };
	struct talk t;

	CHECK(talk_begin(&t));
	CHECK(unit_set(&t.arena, &t.bus, "x.scope", &properties) == 0);
	CHECK_STR(talk_end(&t), SYSTEMD "SetUnitProperties x.scope b1(" EACH "( MemoryZSwapMax< t1>))\n"
					"org.freedesktop.systemd1 /org/freedesktop/systemd1 "
					"org.freedesktop.DBus.Peer.Ping\n");
}

static void test_attach(void)
{
	struct talk t;

	CHECK(talk_begin(&t));
	CHECK(unit_attach(&t.arena, &t.bus, "x.scope", 4711) == 0);
	CHECK_STR(talk_end(&t), SYSTEMD "AttachProcessesToUnit x.scope ( u4711)\n");
}

TEST_MAIN("dbus_peer", { "start", test_start }, { "start_on_v1", test_start_on_v1 },
	  { "start_with_old_systemd", test_start_with_old_systemd },
	  { "start_where_one_has_failed", test_start_where_one_has_failed }, { "start_refused", test_start_refused },
	  { "stop", test_stop }, { "stop_what_is_ours", test_stop_what_is_ours },
	  { "set", test_set }, { "attach", test_attach })

#endif
