#!/usr/bin/env bash
# The same through files: every tool reads and writes its own, at the compression it has by itself.   staged.sh REFERENCE READS_1 READS_2
set -euo pipefail
ln -s "$1" reference.fa
bwa index reference.fa
samtools faidx reference.fa
bwa mem -t 2 -K 100000000 -Y -R '@RG\tID:sim.sim.L1\tSM:sim\tLB:sim\tPL:ILLUMINA\tPU:sim.L1' -o aligned.sam reference.fa "$2" "$3"
samtools view -@ 2 -o aligned.bam aligned.sam
samtools fixmate -@ 2 -m aligned.bam fixed.bam
samtools sort -@ 2 -o sorted.bam fixed.bam
samtools markdup -@ 2 --write-index sorted.bam sim.bam##idx##sim.bam.bai
bcftools mpileup -O b -o pileup.bcf -f reference.fa -a FORMAT/AD,FORMAT/DP sim.bam
bcftools call -m -v -a FORMAT/GQ -O z -o calls.vcf.gz pileup.bcf
bcftools norm -m -both -a -f reference.fa -O z -o normalised.vcf.gz calls.vcf.gz
bcftools filter -i 'QUAL>20' -O z -o filtered.vcf.gz normalised.vcf.gz
bcftools index --tbi filtered.vcf.gz
