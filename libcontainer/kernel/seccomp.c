/* SPDX-License-Identifier: Apache-2.0 */
/* The only file that knows libseccomp: its tables of architectures and system calls. Parent only. */
#include <ctype.h>
#include <endian.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "kernel/seccomp.h"

/* For a call behind socketcall or ipc the library gives a number of its own: -101 .. -120 and -201 .. -224,
 * with the code in the last two digits. */
static bool mux_of(int number, enum seccomp_mux *ret_mux, unsigned int *ret_code)
{
	int hundreds = -number / 100, code = -number % 100;

	if (number > -100 || number < -299 || code == 0 || code >= SECCOMP_MUX_CODES)
		return false;
	*ret_mux = hundreds == 1 ? SECCOMP_MUX_SOCKET : SECCOMP_MUX_IPC;
	*ret_code = (unsigned int)code;
	return true;
}

/* Where the calls that socketcall and ipc hold have their own numbers, so that not the whole table must be
 * searched. */
static const struct {
	uint32_t token;
	int first, last;
} direct_numbers[] = {
	{ SCMP_ARCH_X86, 337, 402 },	{ SCMP_ARCH_S390, 357, 402 },	  { SCMP_ARCH_S390X, 357, 402 },
	{ SCMP_ARCH_PPC, 326, 402 },	{ SCMP_ARCH_PPC64, 326, 402 },	  { SCMP_ARCH_PPC64LE, 326, 402 },
	{ SCMP_ARCH_MIPS, 4168, 4402 }, { SCMP_ARCH_MIPSEL, 4168, 4402 },
};

static void find_direct_numbers(struct seccomp_arch *arch)
{
	int first = 100, last = 511;

	for (size_t i = 0; i < ARRAY_SIZE(direct_numbers); i++) {
		if (direct_numbers[i].token == arch->token) {
			first = direct_numbers[i].first;
			last = direct_numbers[i].last;
		}
	}
	for (int number = first; number <= last; number++) {
		char *name = seccomp_syscall_resolve_num_arch(arch->token, number);
		enum seccomp_mux mux;
		unsigned int code;

		if (name && mux_of(seccomp_syscall_resolve_name_arch(arch->token, name), &mux, &code))
			arch->direct[mux][code] = number;
		free(name);
	}
}

static uint32_t token_of(const char *word)
{
	char name[32];
	size_t n;

	if (!word)
		return seccomp_arch_native();
	if (!starts_with(word, "SCMP_ARCH_"))
		return 0;
	word += strlen("SCMP_ARCH_");
	n = strlen(word);
	if (n >= sizeof(name))
		return 0;
	for (size_t i = 0; i <= n; i++)
		name[i] = (char)tolower((unsigned char)word[i]);
	return seccomp_arch_resolve_name(name);
}

static bool is_big_endian(uint32_t token)
{
	return !(token & __AUDIT_ARCH_LE);
}

bool seccomp_call_name(const struct seccomp_arch *arch, int number, char *buf, size_t size)
{
	char *name = seccomp_syscall_resolve_num_arch(arch->token, number);
	struct text t = { .buf = buf, .size = size };

	if (name)
		text_add(&t, "%s", name);
	free(name);
	return name && !t.truncated;
}

bool seccomp_arch_known(const char *word)
{
	uint32_t token = token_of(word);

	return token && is_big_endian(token) == (BYTE_ORDER == BIG_ENDIAN);
}

const char *seccomp_library_version(char *buf, size_t size)
{
	const struct scmp_version *version = seccomp_version();
	struct text t = { .buf = buf, .size = size };

	text_add(&t, "%u.%u.%u", version->major, version->minor, version->micro);
	return buf;
}

int seccomp_arch_find(const char *word, struct seccomp_arch *ret_arch)
{
	uint32_t token = token_of(word);
	struct seccomp_arch arch = { .token = token, .audit = token };
	char version[32];

	if (!token)
		return fail(0, "libseccomp %s has no table for architecture '%s'",
			    seccomp_library_version(version, sizeof(version)), word ? word : "native");
	if (token == SCMP_ARCH_X32)
		arch.audit = AUDIT_ARCH_X86_64;
	arch.big_endian = is_big_endian(token);
	if (!seccomp_arch_known(word))
		return fail(0, "architecture '%s' has another byte order than this machine", word);
	/* n32 has 64-bit registers, but its arguments are 32 bits wide, as x32's are */
	arch.wide = (token & __AUDIT_ARCH_64BIT) && token != SCMP_ARCH_MIPS64N32 &&
		    token != SCMP_ARCH_MIPSEL64N32;
	arch.mux[SECCOMP_MUX_SOCKET] = seccomp_syscall_resolve_name_arch(token, "socketcall");
	arch.mux[SECCOMP_MUX_IPC] = seccomp_syscall_resolve_name_arch(token, "ipc");
	memset(arch.direct, -1, sizeof(arch.direct));
	if (arch.mux[SECCOMP_MUX_SOCKET] >= 0 || arch.mux[SECCOMP_MUX_IPC] >= 0)
		find_direct_numbers(&arch);
	*ret_arch = arch;
	return 0;
}

bool seccomp_call_find(const struct seccomp_arch *arch, const char *name, struct seccomp_call *ret_call)
{
	int number = seccomp_syscall_resolve_name_arch(arch->token, name);
	struct seccomp_call call = { .number = number, .mux = -1 };
	enum seccomp_mux mux;

	if (number < 0) {
		if (!mux_of(number, &mux, &call.code))
			return false;
		call.number = arch->direct[mux][call.code];
		call.mux = arch->mux[mux];
		/* ipc's upper half is a version: the kernel cuts it off (ipc/syscall.c) */
		call.code_mask = mux == SECCOMP_MUX_IPC ? 0xffff : UINT32_MAX;
	}
	*ret_call = call;
	return true;
}
