/**
 * Starts programs for the runner, one at a time, and reports what each used: `perl -e TEXT -- NUMBERS`, the numbers of the system calls wait4, prctl,
 * pidfd_open and close. A request is its length (four bytes) and, between zero bytes: folder, log, file for stdout or nothing, number of variables of
 * the environment, their names and values, program and words. The answer is two lines: the process, then how it ended,
 * `STATUS USER SYSTEM KILOBYTES LEFT…`, times in microseconds, and the processes that it left and that cannot be ended; or one line `! REASON`.
 *
 * Nothing of a program outlives the second line: whatever loses its parent becomes a child of the starter, in whatever session it is, and is killed
 * and waited for. When the runner ends, however, the starter's input is closed: it kills what it has started, and ends. The program is text in a
 * module, since a bundler would leave a separate file behind.
 */
export const starter = String.raw`# Starts steps of trireme.
use strict;
use warnings;

my ($wait4, $prctl, $pidfd_open, $close) = @ARGV;
my ($child, $status, $user, $system, $kilobytes);
syscall($prctl, 36, 1, 0, 0, 0); # PR_SET_CHILD_SUBREAPER: orphans come to us, not to init
$SIG{PIPE} = 'IGNORE'; # a runner that is gone is noticed by its other pipe
$SIG{CHLD} = sub { }; # so that select ends when there is an orphan to be reaped
while ((read(STDIN, my $length, 4) || 0) == 4) {
  read(STDIN, my $request, unpack('N', $length));
  my ($folder, $log, $stdout, $variables, @words) = split(/\0/, $request, -1);
  %ENV = splice(@words, 0, 2 * $variables);
  ($status, $user, $system, $kilobytes) = (undef, 0, 0, 0);
  $child = fork();
  if (!defined $child) {
    syswrite(STDOUT, "! $!\n");
    next;
  }
  become($folder, $log, $stdout, @words) if $child == 0;
  setpgrp($child, 0); # here too: the runner may end the group as soon as it knows its number
  syswrite(STDOUT, "$child\n");
  follow();
  my @left = end_strays();
  syswrite(STDOUT, "@{[$status, $user, $system, $kilobytes, @left]}\n");
}

# Waits for the child, and reaps orphans meanwhile. That the runner is gone is only told by the end of our input: then nobody keeps the limits of the
# step, and it is killed. A signal that comes just before select does not end it, so it looks again after a second.
sub follow {
  my $handle = syscall($pidfd_open, $child, 0); # readable when the child has ended; -1 before Linux 5.3, where a step outlives its runner
  my $both = '';
  vec($both, $_, 1) = 1 for 0, $handle < 0 ? () : $handle;
  while (1) {
    1 while reap($handle < 0 && !defined $status ? 0 : 1) > 0;
    last if defined $status;
    my $ready = $both;
    if (select($ready, undef, undef, 1) > 0 && vec($ready, 0, 1)) {
      kill('KILL', -$child, $child);
      reap(0) until defined $status;
    }
  }
  syscall($close, $handle) if $handle >= 0;
}
# Kills what the child left running: its group, then all that came to us, until there is nothing. Gives those that may not be killed.
sub end_strays {
  my $first = 1;
  while ((my $reaped = reap(1)) >= 0) {
    next if $reaped > 0;
    kill('KILL', -$child) if $first;
    $first = 0;
    my @children = children();
    return @children if !grep { kill('KILL', $_) } @children;
    reap(0);
  }
  return ();
}
# Numbers of our children; none where /proc is missing, or has the numbers of another namespace.
sub children {
  opendir(my $proc, '/proc') or return ();
  return () if (readlink('/proc/self') || '') ne $$;
  return grep { /^\d+$/ && parent($_) == $$ } readdir($proc);
}
sub parent {
  open(my $stat, '<', "/proc/$_[0]/stat") or return 0;
  return join('', <$stat>) =~ /.*\) \S (\d+)/s ? $1 : 0;
}
# Takes note of a child that has ended, and of what it used. Option 1 does not wait. Gives its number, 0 where none has ended, -1 where there is none.
sub reap {
  my ($options) = @_;
  # Perl's own waitpid does not tell what was used. The kernel's rusage: two times of two words each, then the peak of resident memory.
  my ($state, $usage) = (pack('l', 0), "\0" x 256);
  my $ended;
  1 while ($ended = syscall($wait4, -1, $state, $options, $usage)) < 0 && $! == 4; # interrupted
  return $ended if $ended <= 0;
  my ($seconds, $micros, $more, $rest, $peak) = unpack('q5', $usage);
  $user += $seconds * 1e6 + $micros;
  $system += $more * 1e6 + $rest;
  $kilobytes = $peak if $peak > $kilobytes;
  $status = unpack('l', $state) if $ended == $child;
  return $ended;
}
sub become {
  my ($folder, $log, $stdout, @words) = @_;
  setpgrp(0, 0);
  $SIG{PIPE} = 'DEFAULT';
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
