using LlavaCuda.Models;
using LlavaCuda.Optimizers;
using LlavaCuda.Trainer.Data;

namespace LlavaCuda.Trainer.Training;

/// <summary>
/// What the steps of a run can change, known before the first one: a part learns when some step has a learning rate above zero for it and a sample whose loss reaches it.
/// </summary>
internal sealed class LearningOutlook
{
    // Weights of a usual size, some hundredths, are about 2e-9 apart in single precision: steps that sum up to less move none of them.
    private const double LeastMove = 1e-9;

    // AdamW divides by the gradient's own size plus 1e-8: gradients clipped to less than this move nothing by anything like the learning rate.
    private const double LeastGradientNorm = 1e-6;

    private readonly TrainingOptions _options;
    private readonly long _steps;
    private readonly Dictionary<ModelPart, Obstacle> _parts = [];

    /// <summary>Looks at all steps of a run.</summary>
    /// <param name="options">The run's options.</param>
    /// <param name="setup">Its data, parts and steps.</param>
    /// <param name="isLeftOut">Tells whether a sample is left out of training.</param>
    internal LearningOutlook(TrainingOptions options, TrainingSetup setup, Func<int, bool> isLeftOut)
    {
        _options = options;
        _steps = setup.Steps;
        LearningRateSchedule schedule = LearningRateSchedule.FromRatio(setup.Steps, options.WarmupRatio);
        foreach (ModelPart part in setup.Trained)
        {
            _parts[part] = RateObstacle(schedule, options.PeakRate(part));
        }

        // What has a rate still needs data that it learns from, in a step that has a rate: only the first has none, so that two passes over the data tell.
        SampleOrder order = setup.NewOrder();
        HashSet<ModelPart> undecided = [.. _parts.Where(static p => p.Value == Obstacle.None).Select(static p => p.Key)];
        List<ModelPart> waiting = [.. undecided];
        long enough = Math.Min(setup.Steps, 1 + (2L * order.StepsPerEpoch));
        for (long step = 0; step < enough && undecided.Count > 0; step++)
        {
            if (schedule.Factor(step) == 0)
            {
                continue;
            }

            foreach (int sample in order.Step(step))
            {
                if (!isLeftOut(sample))
                {
                    undecided.RemoveWhere(part => part == ModelPart.Language ? setup.Data.Samples[sample].Supervised > 0 : setup.Data.Samples.LossReachesImage(sample));
                }
            }
        }

        waiting.Where(undecided.Contains).ToList().ForEach(part => _parts[part] = Obstacle.NoData);
    }

    private enum Obstacle
    {
        None,
        ZeroRate,
        WarmupOnly,
        TinyRate,
        NoData,
    }

    /// <summary>Tells whether a part must come out changed.</summary>
    internal bool Learns(ModelPart part) => _parts.GetValueOrDefault(part, Obstacle.ZeroRate) == Obstacle.None;

    /// <summary>Says which trained parts will not learn, why, and what to do about it.</summary>
    /// <returns>A line each, none where all learn.</returns>
    internal IEnumerable<string> Warnings()
    {
        if (_parts.Values.Distinct().ToList() is [not Obstacle.None and var common])
        {
            yield return $"nothing will be learned: {Reason(common, _parts.ContainsKey(ModelPart.Language) ? ModelPart.Language : ModelPart.Projector)}";
        }
        else
        {
            foreach ((ModelPart part, Obstacle obstacle) in _parts.Where(static p => p.Value != Obstacle.None))
            {
                yield return $"the {part.InWords()} will not learn anything: {Reason(obstacle, part)}";
            }
        }

        if (_options.MaxGradientNorm < LeastGradientNorm)
        {
            yield return $"next to nothing will be learned: --max-grad-norm {_options.MaxGradientNorm:G3} clips all gradients to less than AdamW's epsilon lets through";
        }
    }

    private static Obstacle RateObstacle(LearningRateSchedule schedule, double peak)
    {
        if ((float)peak == 0)
        {
            return Obstacle.ZeroRate;
        }

        if (schedule is { Steps: 1, WarmupSteps: > 0 })
        {
            return Obstacle.WarmupOnly;
        }

        double sum = 0;
        for (long step = 0; step < schedule.Steps && schedule.Steps * peak >= LeastMove && sum * peak < LeastMove; step++)
        {
            sum += schedule.Factor(step);
        }

        return sum * peak < LeastMove ? Obstacle.TinyRate : Obstacle.None;
    }

    private string Reason(Obstacle obstacle, ModelPart part)
    {
        string option = part == ModelPart.Projector && _options.ProjectorLearningRate is not null ? "--projector-lr" : "--lr";
        string steps = _steps == 1 ? "the run has one step" : $"the run has {_steps:N0} steps";
        return obstacle switch
        {
            Obstacle.ZeroRate => $"{option} is {_options.PeakRate(part):G3}",
            Obstacle.WarmupOnly =>
                $"{steps}, and the warm-up begins at a learning rate of 0; get more steps with a smaller --batch or --accumulate or more --epochs, or give --warmup-ratio 0",
            Obstacle.TinyRate => $"{steps}, and a learning rate of at most {_options.PeakRate(part):G3} adds up to less than the weights' precision; raise {option}",
            _ when part == ModelPart.Language => "no token of any sample carries loss",
            _ => "no sample has an image that any of its tokens with loss depends on",
        };
    }
}
