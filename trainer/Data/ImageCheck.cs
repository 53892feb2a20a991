using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using LlavaCuda.Images;

namespace LlavaCuda.Trainer.Data;

/// <summary>
/// Looks at all image files of a run before its first step, by all threads: at the head of each, which costs little and is given up after a while on slow disks; or, when asked, at all of
/// every file. Long checks say how far they are.
/// </summary>
/// <param name="samples">The samples.</param>
/// <param name="folder">The folder that paths of images begin at.</param>
/// <param name="bad">Receives the samples with bad images.</param>
/// <param name="report">Receives the progress, a line every few seconds; called on the thread that checks.</param>
/// <param name="files">How image files are read; null for the defaults.</param>
internal sealed class ImageCheck(SampleStore samples, string folder, BadImages bad, Action<string> report, ImageReadOptions? files = null)
{
    /// <summary>Heads are looked at for this long; what remains is left to the check that runs ahead of the training.</summary>
    internal static readonly TimeSpan HeadsLimit = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>Looks at size and head of each file, by more threads than there are cores: heads wait for the disk more than they compute.</summary>
    /// <param name="order">The order in which training will need the samples.</param>
    /// <param name="firstStep">The first step.</param>
    /// <param name="limit">When to give up; <see cref="HeadsLimit"/> in a run.</param>
    /// <param name="cancellation">Ends the check.</param>
    internal void LookAtHeads(SampleOrder order, long firstStep, TimeSpan limit, CancellationToken cancellation) =>
        Run(Files(order, firstStep), path => ImageFile.ReadSize(path, files), "looked at the heads of", 2 * Environment.ProcessorCount, limit, cancellation);

    /// <summary>Decodes each file.</summary>
    /// <param name="order">The order in which training will need the samples.</param>
    /// <param name="firstStep">The first step.</param>
    /// <param name="cancellation">Ends the check.</param>
    internal void Decode(SampleOrder order, long firstStep, CancellationToken cancellation) =>
        Run(Files(order, firstStep), path => ImageFile.Read(path, files), "decoded", Environment.ProcessorCount, Timeout.InfiniteTimeSpan, cancellation);

    // Each file once, in the order in which training needs them, from the step that it goes on with around to the one before.
    private List<string> Files(SampleOrder order, long firstStep)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        List<string> files = [];
        for (long step = firstStep; step < firstStep + (2L * order.StepsPerEpoch); step++)
        {
            foreach (int sample in order.Step(step))
            {
                // A pipe, which has no bytes either, would never answer when it is opened.
                if (!bad.IsKnown(sample))
                {
                    files.AddRange(samples[sample].Images.Where(seen.Add));
                }
            }
        }

        return files;
    }

    private void Run(List<string> files, Action<string> look, string did, int threads, TimeSpan limit, CancellationToken cancellation)
    {
        ConcurrentDictionary<string, Exception> found = new(StringComparer.Ordinal);
        Stopwatch clock = Stopwatch.StartNew();
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        int done = 0;

        // A file at a time, so that the limit holds and the first are those that are needed first.
        ParallelOptions how = new() { CancellationToken = stop.Token, MaxDegreeOfParallelism = threads };
        Task work = Task.Run(
            () => Parallel.ForEach(Partitioner.Create(files, EnumerablePartitionerOptions.NoBuffering), how, file =>
            {
                try
                {
                    look(Path.Combine(folder, file));
                }
                catch (Exception error) when (BadImages.IsOfFile(error))
                {
                    found[file] = error;
                }

                Interlocked.Increment(ref done);
            }),
            stop.Token);
        while (!Ended(work, limit - clock.Elapsed, limit, stop.IsCancellationRequested))
        {
            if (limit != Timeout.InfiniteTimeSpan && clock.Elapsed >= limit)
            {
                stop.Cancel();
            }
            else
            {
                report(Progress(did, Volatile.Read(ref done), files.Count, clock.Elapsed, found.Count));
            }
        }

        cancellation.ThrowIfCancellationRequested();
        if (!work.IsCanceled)
        {
            work.GetAwaiter().GetResult();
        }
        else
        {
            report($"{did} {done:N0} of {files.Count:N0} image files in {limit.TotalSeconds:N0} s; the rest is checked during the training");
        }

        Mark(found);
    }

    private static bool Ended(Task work, TimeSpan left, TimeSpan limit, bool stops)
    {
        TimeSpan wait = limit == Timeout.InfiniteTimeSpan || left > Interval ? Interval : left > TimeSpan.Zero ? left : stops ? TimeSpan.FromMilliseconds(10) : TimeSpan.Zero;
        return Task.WaitAny([work], wait) == 0;
    }

    private static string Progress(string did, int done, int all, TimeSpan elapsed, int found)
    {
        double rate = done / elapsed.TotalSeconds;
        string left = done == 0 ? "-" : TimeSpan.FromSeconds(Math.Ceiling(Math.Min((all - done) / rate, 1e8))).ToString("c", CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture, $"{did} {done:N0} of {all:N0} image files, {rate:N0}/s, left {left}, bad so far {found:N0}");
    }

    // One file may be the image of many samples.
    private void Mark(ConcurrentDictionary<string, Exception> found)
    {
        for (int i = 0; i < samples.Count && !found.IsEmpty; i++)
        {
            if (samples[i].Images.FirstOrDefault(found.ContainsKey) is { } image)
            {
                bad.Add(i, image, found[image], folder);
            }
        }
    }
}
