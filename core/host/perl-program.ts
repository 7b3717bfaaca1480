/**
 * Starts programs for the runner, one at a time, and reports what each used: `perl -e TEXT -- NUMBER_OF_WAIT4`.
 * A request is its length (four bytes) and, between zero bytes: folder, log, file for stdout or nothing, number of variables of the
 * environment, their names and values, program and words. The answer is two lines: the process, then how it ended,
 * `STATUS USER SYSTEM KILOBYTES`, times in microseconds; or one line `! REASON`. When the runner ends, its input is closed
 * and it ends too. The program is text in a module, since a bundler would leave a separate file behind.
 */
export const starter = String.raw`# Starts steps of trireme.
use strict;
use warnings;

my ($wait4) = @ARGV;
while ((read(STDIN, my $length, 4) || 0) == 4) {
  read(STDIN, my $request, unpack('N', $length));
  my ($folder, $log, $stdout, $variables, @words) = split(/\0/, $request, -1);
  %ENV = splice(@words, 0, 2 * $variables);
  my $child = fork();
  if (!defined $child) {
    syswrite(STDOUT, "! $!\n");
    next;
  }
  become($folder, $log, $stdout, @words) if $child == 0;
  setpgrp($child, 0); # here too: the runner may end the group as soon as it knows its number
  syswrite(STDOUT, "$child\n");
  # Perl's own waitpid does not tell what was used. The kernel's rusage: two times of two words each, then the peak of resident memory.
  my ($status, $usage) = (pack('l', 0), "\0" x 256);
  1 while syscall($wait4, $child, $status, 0, $usage) < 0 && $! == 4; # interrupted
  kill('KILL', -$child); # what it left running in the background
  my ($user, $micros, $system, $more, $kilobytes) = unpack('q5', $usage);
  syswrite(STDOUT, join(' ', unpack('l', $status), $user * 1e6 + $micros, $system * 1e6 + $more, $kilobytes) . "\n");
}

sub become {
  my ($folder, $log, $stdout, @words) = @_;
  setpgrp(0, 0);
  open(STDERR, '>>', $log) or exit 127;
  chdir($folder) or refuse($folder);
  open(STDIN, '<', '/dev/null') or refuse('/dev/null');
  ($stdout eq '' ? open(STDOUT, '>&', \*STDERR) : open(STDOUT, '>', $stdout)) or refuse($stdout);
  { no warnings 'exec'; exec { $words[0] } @words; }
  refuse($words[0]);
}
sub refuse {
  my ($what) = @_;
  print STDERR "$what could not be started: $!\n";
  exit 127;
}
`
