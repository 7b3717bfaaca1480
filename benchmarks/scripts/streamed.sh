#!/usr/bin/env bash
# The best that one writes by hand: every chain of tools in one pipe, links uncompressed.   streamed.sh REFERENCE READS_1 READS_2
set -euo pipefail
ln -s "$1" reference.fa
bwa index reference.fa
samtools faidx reference.fa
bwa mem -t 2 -K 100000000 -Y -R '@RG\tID:sim.sim.L1\tSM:sim\tLB:sim\tPL:ILLUMINA\tPU:sim.L1' reference.fa "$2" "$3" |
  samtools fixmate -u -m - - |
  samtools sort -u -@ 2 - |
  samtools markdup -@ 2 --write-index - sim.bam##idx##sim.bam.bai
bcftools mpileup -O u -f reference.fa -a FORMAT/AD,FORMAT/DP sim.bam |
  bcftools call -m -v -a FORMAT/GQ -O u |
  bcftools norm -m -both -a -f reference.fa -O u |
  bcftools filter -i 'QUAL>20' -O z -o filtered.vcf.gz
bcftools index --tbi filtered.vcf.gz
