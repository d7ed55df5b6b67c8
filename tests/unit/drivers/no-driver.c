/* SPDX-License-Identifier: MIT */
int not_a_driver;
