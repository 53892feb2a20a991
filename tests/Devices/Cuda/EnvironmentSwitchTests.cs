using LlavaCuda.Devices;

namespace LlavaCuda.Tests.Devices.Cuda;

public class EnvironmentSwitchTests
{
    [Theory]
    [InlineData("1", true)]
    [InlineData("0", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void IsOn_WhatHasAMeaning_MeansIt(string? value, bool expected) => Assert.Equal(expected, EnvironmentSwitch.IsOn("A_SWITCH", value));

    [Theory]
    [InlineData("true")]
    [InlineData("yes")]
    [InlineData("01")]
    [InlineData(" 1")]
    public void IsOn_AnyOtherWord_IsRefusedByName(string value) =>
        Assert.Equal($"A_SWITCH is '{value}'; expected 0 or 1.", Assert.Throws<ArgumentException>(() => EnvironmentSwitch.IsOn("A_SWITCH", value)).Message);
}
