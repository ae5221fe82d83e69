/* SPDX-License-Identifier: Apache-2.0 */
/* The init stage's executable (libcontainer/init), embedded as bytes: run/spawn.c runs it from a sealed memfd. */
	.section .rodata
	.global init_image, init_image_end
	.hidden init_image, init_image_end
	.balign 16
init_image:
	.incbin INIT_IMAGE
init_image_end:
	.byte 0
	.section .note.GNU-stack,"",@progbits
